"""Name what is not for Kinora, so that a person understands why a file is left alone."""

_EXE = "This is a Windows program, not a photo, video, sound or document."
_ARCHIVE = "This is an archive ({}), not a photo, video, sound or document. Unpack it and add the files in it."
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"MZ", _EXE),
    (0, b"\x7fELF", "This is a Linux program, not a photo, video, sound or document."),
    (0, b"\xcf\xfa\xed\xfe", "This is a macOS program, not a photo, video, sound or document."),
    (0, b"\xce\xfa\xed\xfe", "This is a macOS program, not a photo, video, sound or document."),
    (0, b"\xca\xfe\xba\xbe", "This is a program (Java or macOS), not a photo, video, sound or document."),
    (0, b"\x00asm", "This is a program (WebAssembly), not a photo, video, sound or document."),
    (0, b"Rar!\x1a\x07", _ARCHIVE.format("RAR")),
    (0, b"7z\xbc\xaf\x27\x1c", _ARCHIVE.format("7-Zip")),
    (0, b"\x1f\x8b", _ARCHIVE.format("gzip")),
    (0, b"BZh", _ARCHIVE.format("bzip2")),
    (0, b"\xfd7zXZ\x00", _ARCHIVE.format("xz")),
    (0, b"\x28\xb5\x2f\xfd", _ARCHIVE.format("Zstandard")),
    (0, b"MSCF", _ARCHIVE.format("CAB")),
    (257, b"ustar", _ARCHIVE.format("tar")),
    (0x8001, b"CD001", "This is a disc image (ISO); open it and add the files in it."),
    (0, b"SQLite format 3\x00", "This is a database (SQLite), not a photo, video, sound or document."),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
     "This is an old Office document (.doc, .xls, .ppt) or an Outlook message. Save it anew and add that."),
    (0, b"\xff\x0a", "This is a JPEG XL picture, a format that Kinora cannot decode yet."),
    (0, b"\x00\x00\x00\x0cJXL ", "This is a JPEG XL picture, a format that Kinora cannot decode yet."),
    (0, b"FOVb", "This is a Sigma RAW photo (X3F), a format that Kinora cannot decode."),
    (0, b"MThd", "This is a MIDI score: notes without any sound in it."),
    (0, b"CWS", "This is a Flash program, not a video."),
    (0, b"FWS", "This is a Flash program, not a video."),
    (0, b"DDS ", "This is a texture for 3D graphics (DDS), not a photo."),
    (0, b"gimp xcf", "This is a GIMP working file. Export it as PNG or JPEG and add that."),
    (0, b"\x76\x2f\x31\x01", "This is an OpenEXR picture, a format that Kinora cannot decode."),
    (0, b"%!PS", "This is a PostScript program. Convert it to PDF and add that."),
    (0, b"\xc5\xd0\xd3\xc6", "This is an Encapsulated PostScript file. Convert it to PDF and add that."),
    (0, b"wOFF", "This is a font, not a photo, video, sound or document."),
    (0, b"wOF2", "This is a font, not a photo, video, sound or document."),
    (0, b"OTTO\x00", "This is a font, not a photo, video, sound or document."),
    (0, b"\x00\x01\x00\x00\x00", "This is a font, not a photo, video, sound or document."),
    (0, b"\x93NUMPY", "This is an array of numbers (NumPy), not a photo, video, sound or document."),
    (0, b"\x89HDF\r\n", "This is scientific data (HDF5), not a photo, video, sound or document."),
    (0, b"bplist00", "This is a property list of macOS, not a photo, video, sound or document."),
    (0, b"L\x00\x00\x00\x01\x14\x02\x00", "This is a Windows shortcut. Add the file that it points to."),
)  # fmt: skip


def stranger(head: bytes) -> str:
    """Return a sentence that names a known format that Kinora does not read, or an empty string."""
    return next((words for offset, magic, words in _MAGIC if head.startswith(magic, offset)), "")
