#!/bin/sh
# Qt and the window tests need a few libraries of the system; the tests of other scripts need Tesseract (they are
# skipped without it). On Debian and its kin this installs the missing ones when
# it may (as root); elsewhere it says what is missing. Nothing happens when all are there.
set -eu
command -v dpkg-query >/dev/null 2>&1 || exit 0
wanted="libegl1 libgl1 libxkbcommon0 libdbus-1-3 libfontconfig1 libglib2.0-0 libgssapi-krb5-2 libpulse0 libxrandr2 libxext6 libdrm2 libnss3 fonts-dejavu-core tesseract-ocr openssh-server openssh-client"
missing=""
for name in $wanted; do
    dpkg-query -W -f='${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed || missing="$missing $name"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ]; then
    echo "Installing what Qt and the tests need:$missing"
    apt-get -qq update || true
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y $missing >/dev/null || echo "Not all could be installed; window tests may fail."
else
    echo "Qt and the tests need packages that are not installed. Please run: sudo apt install$missing"
fi
