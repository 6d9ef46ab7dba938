"""Every format that Kinora reads, once: its words, its kind, and which reader opens it."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.model import Kind


@dataclass(frozen=True, slots=True)
class Format:
    """A readable format.

    `reader` names the module that opens it, `code` what that module needs to know: Pillow's format, FFmpeg's demuxer,
    or the kind of document.
    """

    mime: str
    name: str
    kind: Kind
    reader: str
    code: str


MP4 = "mov,mp4,m4a,3gp,3g2,mj2"


def _photo(mime: str, name: str, code: str) -> Format:
    return Format(mime, name, Kind.PHOTO, "photo", code)


def _raw(mime: str, name: str) -> Format:
    return Format(mime, f"camera RAW ({name})", Kind.PHOTO, "raw", name)


def _video(mime: str, name: str, code: str) -> Format:
    return Format(mime, name, Kind.VIDEO, "video", code)


def _audio(mime: str, name: str, code: str) -> Format:
    return Format(mime, name, Kind.AUDIO, "audio", code)


def _document(mime: str, name: str, code: str) -> Format:
    return Format(mime, name, Kind.DOCUMENT, "document", code)


_OOXML = "application/vnd.openxmlformats-officedocument"

FORMATS: tuple[Format, ...] = (
    _photo("image/jpeg", "JPEG", "JPEG"),
    _photo("image/png", "PNG", "PNG"),
    _photo("image/webp", "WebP", "WEBP"),
    _photo("image/gif", "GIF", "GIF"),
    _photo("image/tiff", "TIFF", "TIFF"),
    _photo("image/bmp", "BMP", "BMP"),
    _photo("image/heic", "HEIC", "HEIF"),
    _photo("image/avif", "AVIF", "AVIF"),
    _photo("image/jp2", "JPEG 2000", "JPEG2000"),
    _photo("image/vnd.adobe.photoshop", "Photoshop", "PSD"),
    _photo("image/vnd.microsoft.icon", "icon", "ICO"),
    _raw("image/x-adobe-dng", "DNG"),
    _raw("image/x-canon-cr2", "CR2"),
    _raw("image/x-canon-cr3", "CR3"),
    _raw("image/x-canon-crw", "CRW"),
    _raw("image/x-nikon-nef", "NEF"),
    _raw("image/x-sony-arw", "ARW"),
    _raw("image/x-fuji-raf", "RAF"),
    _raw("image/x-olympus-orf", "ORF"),
    _raw("image/x-panasonic-rw2", "RW2"),
    _raw("image/x-pentax-pef", "PEF"),
    _raw("image/x-samsung-srw", "SRW"),
    _raw("image/x-minolta-mrw", "MRW"),
    _raw("image/x-raw", "TIFF"),
    _video("video/mp4", "MP4", MP4),
    _video("video/quicktime", "QuickTime", MP4),
    _video("video/3gpp", "3GP", MP4),
    _video("video/x-matroska", "Matroska", "matroska,webm"),
    _video("video/webm", "WebM", "matroska,webm"),
    _video("video/x-msvideo", "AVI", "avi"),
    _video("video/mp2t", "MPEG-TS", "mpegts"),
    _video("video/mpeg", "MPEG", "mpeg"),
    _video("video/x-mpeg-es", "MPEG video stream", "mpegvideo"),
    _video("video/h264", "H.264 stream", "h264"),
    _video("video/h265", "H.265 stream", "hevc"),
    _video("video/x-ivf", "IVF", "ivf"),
    _video("video/x-flv", "Flash video", "flv"),
    _video("video/x-ms-wmv", "Windows Media", "asf"),
    _video("video/ogg", "Ogg video", "ogg"),
    _video("video/vnd.rn-realvideo", "RealMedia", "rm"),
    _video("application/mxf", "MXF", "mxf"),
    _audio("audio/mpeg", "MP3", "mp3"),
    _audio("audio/wav", "WAV", "wav"),
    _audio("audio/x-w64", "Wave64", "w64"),
    _audio("audio/flac", "FLAC", "flac"),
    _audio("audio/ogg", "Ogg", "ogg"),
    _audio("audio/opus", "Opus", "ogg"),
    _audio("audio/aac", "AAC", "aac"),
    _audio("audio/mp4", "M4A", MP4),
    _audio("audio/x-matroska", "Matroska audio", "matroska,webm"),
    _audio("audio/webm", "WebM audio", "matroska,webm"),
    _audio("audio/x-ms-wma", "Windows Media audio", "asf"),
    _audio("audio/aiff", "AIFF", "aiff"),
    _audio("audio/basic", "AU", "au"),
    _audio("audio/x-caf", "Core Audio", "caf"),
    _audio("audio/amr", "AMR", "amr"),
    _audio("audio/x-ape", "Monkey's Audio", "ape"),
    _audio("audio/x-wavpack", "WavPack", "wv"),
    _audio("audio/x-tta", "True Audio", "tta"),
    _audio("audio/x-dsf", "DSF", "dsf"),
    _audio("audio/x-musepack", "Musepack", "mpc8"),
    _document("application/pdf", "PDF", "pdf"),
    _document("text/plain", "text", "text"),
    _document("text/markdown", "Markdown", "text"),
    _document("text/html", "web page", "html"),
    _document("text/rtf", "RTF", "rtf"),
    _document(f"{_OOXML}.wordprocessingml.document", "Word", "docx"),
    _document(f"{_OOXML}.presentationml.presentation", "PowerPoint", "pptx"),
    _document(f"{_OOXML}.spreadsheetml.sheet", "Excel", "xlsx"),
    _document("application/vnd.oasis.opendocument.text", "OpenDocument text", "odf"),
    _document("application/vnd.oasis.opendocument.presentation", "OpenDocument slides", "odf"),
    _document("application/vnd.oasis.opendocument.spreadsheet", "OpenDocument table", "odf"),
    _document("application/epub+zip", "EPUB", "epub"),
    _document("message/rfc822", "e-mail", "mail"),
    _document("application/x-subrip", "SRT subtitles", "subtitles"),
    _document("text/vtt", "VTT subtitles", "subtitles"),
)

BY_MIME: Mapping[str, Format] = {entry.mime: entry for entry in FORMATS}
