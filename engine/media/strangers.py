"""Name what is not for Kinora, so that a person understands why a file is left alone."""

from engine.language import mark, tr

_EXE = mark("This is a Windows program, not a photo, video, sound or document.")
_ARCHIVE = mark(
    "This is an archive ({name}), not a photo, video, sound or document. Unpack it and add the files in it."
)
_MAGIC: tuple[tuple[int, bytes, str] | tuple[int, bytes, str, str], ...] = (
    (0, b"MZ", _EXE),
    (0, b"\x7fELF", mark("This is a Linux program, not a photo, video, sound or document.")),
    (0, b"\xcf\xfa\xed\xfe", mark("This is a macOS program, not a photo, video, sound or document.")),
    (0, b"\xce\xfa\xed\xfe", mark("This is a macOS program, not a photo, video, sound or document.")),
    (0, b"\xca\xfe\xba\xbe", mark("This is a program (Java or macOS), not a photo, video, sound or document.")),
    (0, b"\x00asm", mark("This is a program (WebAssembly), not a photo, video, sound or document.")),
    (0, b"Rar!\x1a\x07", _ARCHIVE, "RAR"),
    (0, b"7z\xbc\xaf\x27\x1c", _ARCHIVE, "7-Zip"),
    (0, b"\x1f\x8b", _ARCHIVE, "gzip"),
    (0, b"BZh", _ARCHIVE, "bzip2"),
    (0, b"\xfd7zXZ\x00", _ARCHIVE, "xz"),
    (0, b"\x28\xb5\x2f\xfd", _ARCHIVE, "Zstandard"),
    (0, b"MSCF", _ARCHIVE, "CAB"),
    (257, b"ustar", _ARCHIVE, "tar"),
    (0x8001, b"CD001", mark("This is a disc image (ISO); open it and add the files in it.")),
    (0, b"SQLite format 3\x00", mark("This is a database (SQLite), not a photo, video, sound or document.")),
    (
        0,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        mark("This is an old Office document (.doc, .xls, .ppt) or an Outlook message. Save it anew and add that."),
    ),
    (0, b"\xff\x0a", mark("This is a JPEG XL picture, a format that Kinora cannot decode yet.")),
    (0, b"\x00\x00\x00\x0cJXL ", mark("This is a JPEG XL picture, a format that Kinora cannot decode yet.")),
    (0, b"FOVb", mark("This is a Sigma RAW photo (X3F), a format that Kinora cannot decode.")),
    (0, b"MThd", mark("This is a MIDI score: notes without any sound in it.")),
    (0, b"CWS", mark("This is a Flash program, not a video.")),
    (0, b"FWS", mark("This is a Flash program, not a video.")),
    (0, b"DDS ", mark("This is a texture for 3D graphics (DDS), not a photo.")),
    (0, b"gimp xcf", mark("This is a GIMP working file. Export it as PNG or JPEG and add that.")),
    (0, b"\x76\x2f\x31\x01", mark("This is an OpenEXR picture, a format that Kinora cannot decode.")),
    (0, b"%!PS", mark("This is a PostScript program. Convert it to PDF and add that.")),
    (0, b"\xc5\xd0\xd3\xc6", mark("This is an Encapsulated PostScript file. Convert it to PDF and add that.")),
    (0, b"wOFF", mark("This is a font, not a photo, video, sound or document.")),
    (0, b"wOF2", mark("This is a font, not a photo, video, sound or document.")),
    (0, b"OTTO\x00", mark("This is a font, not a photo, video, sound or document.")),
    (0, b"\x00\x01\x00\x00\x00", mark("This is a font, not a photo, video, sound or document.")),
    (0, b"\x93NUMPY", mark("This is an array of numbers (NumPy), not a photo, video, sound or document.")),
    (0, b"\x89HDF\r\n", mark("This is scientific data (HDF5), not a photo, video, sound or document.")),
    (0, b"bplist00", mark("This is a property list of macOS, not a photo, video, sound or document.")),
    (0, b"L\x00\x00\x00\x01\x14\x02\x00", mark("This is a Windows shortcut. Add the file that it points to.")),
)


def stranger(head: bytes) -> str:
    """Return a sentence that names a known format that Kinora does not read, or an empty string."""
    for offset, magic, words, *named in _MAGIC:
        if head.startswith(magic, offset):
            return tr(words, name=named[0]) if named else tr(words)
    return ""
