"""Every option of Kinora, once: the page, the command line and the documentation follow from this tuple."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import SettingInvalid
from engine.language import tr


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: its key, default, words for people, and what it accepts."""

    key: str
    default: bool | int | float | str | tuple[str, ...]
    section: str
    title: str
    help: str
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    unit: str = ""
    restart: bool = False  # works from the next start

    def clean(self, value: Any) -> Any:
        """Return `value` as this option's type.

        Raises:
            SettingInvalid: it cannot be read so, or is out of range.
        """
        if isinstance(self.default, bool):
            return self._flag(value)
        if isinstance(self.default, tuple):
            return self._lines(value)
        if isinstance(self.default, str):
            return self._word(value)
        return self._number(value)

    def _flag(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        words = {
            "yes": True,
            "true": True,
            "on": True,
            "1": True,
            "no": False,
            "false": False,
            "off": False,
            "0": False,
        }
        found = words.get(str(value).strip().lower())
        if found is None:
            raise SettingInvalid(
                tr("{title}: {value!r} is neither yes nor no.", title=tr(self.title), value=value),
                hint=tr("Write yes or no."),
            )
        return found

    def _lines(self, value: Any) -> tuple[str, ...]:
        parts = value.splitlines() if isinstance(value, str) else value
        if not isinstance(parts, (list, tuple)):
            raise SettingInvalid(
                tr("{title}: {value!r} is not a list.", title=tr(self.title), value=value),
                hint=tr("Write one entry on each line."),
            )
        # A carriage return at the end is part of a name that macOS uses ("Icon\r").
        return tuple(str(part).strip(" \t\n") for part in parts if str(part).strip())

    def _word(self, value: Any) -> str:
        text = str(value)
        if self.choices and text not in self.choices:
            raise SettingInvalid(
                tr("{title}: {words!r} is not a choice.", title=tr(self.title), words=text),
                hint=tr("Choose one of {list}.", list=", ".join(self.choices)),
            )
        return text

    def _number(self, value: Any) -> int | float:
        kind = int if isinstance(self.default, int) else float
        try:
            number = kind(value)
        except (TypeError, ValueError) as error:
            raise SettingInvalid(
                tr("{title}: {value!r} is not a number.", title=tr(self.title), value=value), hint=tr("Write a number.")
            ) from error
        if (self.low is not None and number < self.low) or (self.high is not None and number > self.high):
            limits = (
                tr("{low:g} to {high:g}", low=self.low, high=self.high)
                if self.high is not None
                else tr("{low:g} or more", low=self.low)
            )
            raise SettingInvalid(
                tr("{title}: {number} is out of range.", title=tr(self.title), number=number),
                hint=tr("Choose {limits}.", limits=limits),
            )
        return number


LEAVE_OUT = (
    ".*", "~$*", "*.tmp", "*.temp", "*.part", "*.partial", "*.crdownload", "*.download", "Thumbs.db", "ehthumbs.db",
    "desktop.ini", "Icon\r", "$RECYCLE.BIN", "System Volume Information", "RECYCLER", "lost+found", "@eaDir",
    "#recycle", "__MACOSX", "*.lrdata", "*.photoslibrary", "*.xmp", "*.xmp~",
)  # fmt: skip

# The tasks of packs, as in engine.packs.pack.TASKS (a test compares).
TASKS = (
    ("face-detection", "Finding faces"), ("face-embedding", "Telling faces apart"), ("pose", "Body postures"),
    ("objects", "Things in pictures"), ("tags", "Naming pictures"), ("image-text", "Search by meaning"),
    ("picture-embedding", "Pictures that look alike"), ("text-embedding", "Search text by meaning"),
    ("safety", "Second opinion on safety"), ("speech", "Speech to text"),
    ("speaker-embedding", "Telling voices apart"), ("sounds", "Naming sounds"),
    ("language-model", "Describing and talking"),
)  # fmt: skip

OPTIONS: tuple[Option, ...] = (
    Option("look.theme", "system", "Appearance", "Theme", "Colours of the window.",
           choices=("system", "light", "dark")),
    Option("look.language", "system", "Appearance", "Language", "Language of the window.",
           choices=("system", "en", "de", "nb"), restart=True),
    Option("look.motion", "system", "Appearance", "Movement", "Whether things may glide and fade.",
           choices=("system", "on", "off")),
    Option("look.cell", 180, "Appearance", "Size of pictures", "Side of a picture in the grid.",
           low=96, high=360, unit="px"),
    Option("look.blur", "explicit", "Appearance", "Blur pictures", "Blur from this safety level on, until asked for.",
           choices=("never", "explicit", "suggestive")),
    Option("look.tray", False, "Appearance", "Go on in the tray",
           "Closing the window leaves Kinora at work in the system tray, where there is one."),
    Option("look.notices", "plain", "Appearance", "Tell when it is done",
           "A notice when a long import or the reading is done; plain: without names of folders.",
           choices=("never", "plain", "names")),
    Option("scan.leave_out", LEAVE_OUT, "Reading", "Leave out",
           "Files and folders whose name matches one of these patterns are not read (F5 applies it to what was). "
           "Links are never followed."),
    Option("scan.watch", True, "Reading", "Watch folders", "Read new and changed files in added folders by itself."),
    Option("media.max_megapixels", 250, "Reading", "Largest picture",
           "Larger pictures are refused before they are decoded.", low=1, high=2000, unit="Mpx"),
    Option("media.max_text", 20, "Reading", "Most text", "Text that is kept of one document.",
           low=1, high=200, unit="MB"),
    Option("media.max_pages", 2000, "Reading", "Most pages", "Pages that are read of one document.",
           low=1, high=20000),
    Option("media.max_keyframes", 240, "Reading", "Most keyframes", "Frames of one video that are looked at.",
           low=8, high=2000),
    Option("ocr.min_score", 0.5, "Analyzers", "OCR: least confidence",
           "Lines that the reader is less sure of are dropped.", low=0.0, high=1.0),
    Option("ocr.side", 960, "Analyzers", "OCR: side for finding lines", "Larger finds smaller text and takes longer.",
           low=320, high=4096, unit="px"),
    Option("scenes.threshold", 27.0, "Analyzers", "Cuts: threshold", "Lower finds more cuts.",
           low=5.0, high=80.0),
    Option("safety.threshold", 0.45, "Analyzers", "Safety: least confidence",
           "Parts that the model is less sure of are dropped.", low=0.05, high=0.95),
    Option("faces.min_score", 0.7, "Analyzers", "Faces: least confidence",
           "Faces that the model is less sure of are dropped.", low=0.1, high=0.99),
    Option("faces.min_size", 28, "Analyzers", "Faces: smallest",
           "Smaller faces are kept, but nobody is recognised by them.", low=10, high=200, unit="px"),
    Option("objects.min_score", 0.45, "Analyzers", "Things: least confidence",
           "Things that the model is less sure of are dropped.", low=0.25, high=0.95),
    Option("pose.min_score", 0.5, "Analyzers", "Postures: least confidence",
           "Of the person whose posture is judged.", low=0.25, high=0.95),
    Option("tags.min_score", 0.4, "Analyzers", "Words: least probability", "Higher gives pictures fewer words.",
           low=0.01, high=0.99),
    Option("tags.vocabulary", (), "Analyzers", "Words: list",
           "The words that pictures are compared with, one on each line; empty: those that come with Kinora."),
    Option("meaning.max_pages", 40, "Analyzers", "Meaning: most pages",
           "Pages of one document that are looked at as pictures.", low=0, high=2000),
    Option("voice.threshold", 0.5, "Analyzers", "Voice: least probability", "Higher finds less speech.",
           low=0.05, high=0.95),
    Option("speech.language", "auto", "Analyzers", "Speech: language",
           "The language that is spoken (en, de, ...); auto: it is told for each recording."),
    Option("speech.subtitles", "read", "Analyzers", "Speech: subtitles",
           "Subtitles that fit a recording are read instead of listening to it, or ignored.",
           choices=("read", "ignore")),
    Option("speech.beam", 5, "Analyzers", "Speech: care", "Ways to understand that are followed at once: 1 is fastest.",
           low=1, high=10),
    Option("sounds.min_score", 0.3, "Analyzers", "Sounds: least probability", "Higher names fewer sounds.",
           low=0.05, high=0.95),
    Option("ocr.languages", (), "Analyzers", "OCR: languages",
           "Codes (ar, ru, hi, ...) of languages that the pictures have beside Latin, Greek, Chinese and Japanese; "
           "empty: every one that a second reader has is tried where the first cannot read."),
    Option("ocr.tesseract", "", "Analyzers", "OCR: Tesseract",
           "Path of the program; empty: where the system has it; off: never."),
    Option("ocr.tessdata", "", "Analyzers", "OCR: Tesseract's data", "Folder of its language files; empty: its own."),
    Option("ocr.easyocr", "", "Analyzers", "OCR: EasyOCR's models",
           "Folder of its model files, for the extra of that name; empty: it is not used. Nothing is downloaded."),
    Option("model.url", "", "Analyzers", "Language model: address",
           "Of a server that speaks as OpenAI's does, with /v1 (http://127.0.0.1:8080/v1); empty: the pack is used. "
           "Pictures that it shall describe are sent there; with Offline on, only to this machine."),
    Option("model.name", "", "Analyzers", "Language model: name", "Which of the server's models; empty: its first."),
    Option("model.vision", False, "Analyzers", "Language model: sees", "The server's model understands pictures."),
    Option("model.key_file", "", "Analyzers", "Language model: key",
           "A file with the server's key alone; the variable KINORA_MODEL_KEY comes first."),
    Option("look.near", 10, "Analyzers", "Near duplicates: distance",
           "Differing bits of 64 up to which two pictures are near.", low=0, high=20),
    Option("analyzers.off", (), "Analyzers", "Switched off", "Names of analyzers that do not run, one on each line."),
    Option("jobs.workers", 0, "Work", "Worker processes", "0 = one for each core.", low=0, high=64),
    Option("jobs.memory", 2048, "Work", "Memory of a worker",
           "A worker above this is stopped and its file tried alone.", low=512, high=65536, unit="MB"),
    Option("jobs.deadline", 120, "Work", "Time for a file", "At least this long; long videos and documents get more.",
           low=5, high=36000, unit="s"),
    Option("jobs.recycle", 2000, "Work", "Renew workers", "After this many files a worker process is started anew.",
           low=1, high=1000000),
    Option("jobs.on_battery", "pause", "Work", "On battery",
           "What the work of the window's library does while this computer runs on its battery.",
           choices=("pause", "slow", "go on")),
    Option("jobs.on_fullscreen", "pause", "Work", "While the whole screen is in use",
           "What it does while a film, a game or a presentation has the whole screen.",
           choices=("pause", "slow", "go on")),
    *(Option(f"packs.{task}", "", "Packs", title, "Name of the pack that does this; empty: the best that is installed.")
      for task, title in TASKS),
    Option("packs.device", "auto", "Packs", "Device",
           "What runs the models; auto: a graphics card where one can be used.",
           choices=("auto", "cuda", "tensorrt", "coreml", "directml", "openvino", "webgpu", "cpu"), restart=True),
    Option("packs.memory", 1500, "Packs", "Memory for models",
           "Of one worker; beyond it the model that was unused longest goes.", low=64, high=1048576, unit="MB",
           restart=True),
    Option("packs.idle", 600, "Packs", "Keep unused models", "After this a model that is not used leaves the memory.",
           low=5, high=86400, unit="s", restart=True),
    Option("packs.mirror", "", "Packs", "Mirror server",
           "Address of an own server that has the files of packs under host and path of the originals; it is asked "
           "first."),
    Option("serve.names", (), "Hosts", "Serving: names of this computer",
           "By which other machines may ask for `kinora serve`, beside its addresses and its own name; one on each "
           "line."),
    Option("serve.rate_address", 12000, "Hosts", "Serving: requests of an address",
           "In a minute; 0 = as many as it likes.", low=0, high=10000000),
    Option("serve.rate_token", 6000, "Hosts", "Serving: requests of a token",
           "In a minute; 0 = as many as it likes.", low=0, high=10000000),
    Option("hosts.wait", 15, "Hosts", "Waiting for workers",
           "So long a file waits for a cluster that has no workers yet, before its jobs go back to the queue.",
           low=1, high=10080, unit="min"),
    Option("hosts.recheck", 0.02, "Hosts", "Looking into rented machines",
           "This share of what a rented machine answers is computed here, too, before it is believed; one that answers "
           "something else is given nothing more. 0: none.", low=0.0, high=1.0),
    Option("rent.auto", False, "Hosts", "Renting: by itself",
           "A machine is rented when the work would take clearly longer without it, and let go when it is done. Never "
           "above your caps."),
    Option("rent.provider", "vast", "Hosts", "Renting: provider", "Where machines are rented by themselves.",
           choices=("vast", "runpod")),
    Option("rent.most", 1, "Hosts", "Renting: at a time", "Machines that are rented by themselves at the same time.",
           low=1, high=16),
    Option("rent.hours", 2.0, "Hosts", "Renting: at most", "After this a machine is destroyed, whatever it does.",
           low=0.25, high=72.0, unit="h"),
    Option("rent.idle", 5, "Hosts", "Renting: idle",
           "A rented machine without work is destroyed after this; 0: only at its hard stop.",
           low=0, high=240, unit="min"),
    Option("rent.price", 0.6, "Hosts", "Renting: price", "Most US dollars an hour.", low=0.01, high=100.0),
    Option("rent.memory", 16, "Hosts", "Renting: memory of the GPU", "At least this much.",
           low=4, high=192, unit="GB"),
    Option("rent.disk", 40, "Hosts", "Renting: disk", "Room for models and what is sent.",
           low=20, high=1000, unit="GB"),
    Option("rent.interruptible", False, "Hosts", "Renting: interruptible",
           "Bid for machines that may be taken away at any time; they cost less, and jobs then go on here."),
    Option("node.blobs", 20, "Hosts", "Node: room for what clients send",
           "While this computer works for others (kinora serve --node): what was used longest ago leaves first.",
           low=1, high=100000, unit="GB"),
    Option("people.biometrics", True, "Privacy", "Recognise people",
           "Faces and voices are told apart by numbers made of them. Off: no face is looked for."),
    Option("people.threshold", 0.0, "Privacy", "Telling people apart",
           "Added to the likeness (cosine) that two faces or voices need to be one person; more tells more apart.",
           low=-0.3, high=0.3),
    Option("search.history", True, "Privacy", "Remember searches",
           "The last searches are offered again, on this computer alone. Off: none are kept, and those that were are "
           "forgotten."),
    Option("net.offline", False, "Privacy", "Offline", "No connection leaves this machine."),
)  # fmt: skip

BY_KEY: Mapping[str, Option] = {option.key: option for option in OPTIONS}


def option(key: str) -> Option:
    """Return the option of that key.

    Raises:
        SettingInvalid: there is none.
    """
    found = BY_KEY.get(key)
    if found is None:
        raise SettingInvalid(tr("There is no setting {key!r}.", key=key), hint=tr("`kinora settings` lists them."))
    return found


def defaults() -> dict[str, Any]:
    """Every key with its default."""
    return {entry.key: entry.default for entry in OPTIONS}
