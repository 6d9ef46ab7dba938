# Kinora's verbs on Windows: powershell packaging\kinora.ps1 [setup|run|demo|test|check|bench|screenshots|clean]
# Written for Windows PowerShell 5.1 and later; not run by the project's continuous integration.
param([string]$Verb = "run", [Parameter(ValueFromRemainingArguments = $true)][string[]]$Rest)
$ErrorActionPreference = "Stop"
Set-Location (Join-Path $PSScriptRoot "..")
$Python = ".venv\Scripts\python.exe"
$Stamp = ".venv\.installed"

function Invoke-Checked { & $args[0] $args[1..($args.Length - 1)]; if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE } }

function Install-Kinora {
    $newest = (Get-Item pyproject.toml, requirements.lock | Sort-Object LastWriteTime | Select-Object -Last 1).LastWriteTime
    if ((Test-Path $Stamp) -and ((Get-Item $Stamp).LastWriteTime -ge $newest)) { return }
    if (-not (Test-Path $Python)) { Invoke-Checked py -3 -m venv .venv }
    Invoke-Checked $Python -m pip install --quiet --upgrade pip
    Invoke-Checked $Python -m pip install --quiet --require-hashes -r requirements.lock
    Invoke-Checked $Python -m pip install --quiet --no-deps --no-build-isolation -e .
    New-Item -ItemType File -Force $Stamp | Out-Null
}

switch ($Verb) {
    "clean" { foreach ($path in ".venv", "out", "build", "dist") { if (Test-Path $path) { Remove-Item -Recurse -Force $path } } }
    "setup" { Install-Kinora }
    "run" { Install-Kinora; Invoke-Checked $Python main.py @Rest }
    "demo" { Install-Kinora; Invoke-Checked $Python main.py demo @Rest }
    "test" { Install-Kinora; Invoke-Checked $Python -m pytest -n auto -m "not slow" @Rest }
    "check" {
        Install-Kinora
        Invoke-Checked .venv\Scripts\ruff.exe format --check .
        Invoke-Checked .venv\Scripts\ruff.exe check .
        Invoke-Checked .venv\Scripts\mypy.exe
        Invoke-Checked .venv\Scripts\lint-imports.exe
        Invoke-Checked $Python -m pytest -q tests/test_architecture.py
    }
    "bench" { Install-Kinora; Invoke-Checked $Python -m tests.bench @Rest }
    "screenshots" { Install-Kinora; $env:QT_QPA_PLATFORM = "offscreen"; Invoke-Checked $Python -m tests.bench.screenshots @Rest }
    default { Write-Output "Verbs: setup run demo test check bench screenshots clean"; exit 2 }
}
