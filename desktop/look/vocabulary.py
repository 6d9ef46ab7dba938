"""The engine's own words (choices, kinds, levels) as people read them."""

from engine.language import mark, tr

WORDS = {
    "system": mark("As the system"),
    "light": mark("Light"),
    "dark": mark("Dark"),
    "on": mark("On"),
    "off": mark("Off"),
    "never": mark("Never"),
    "safe": mark("Safe"),
    "suggestive": mark("Suggestive"),
    "explicit": mark("Explicit"),
    "pause": mark("Pause"),
    "slow": mark("More slowly"),
    "go on": mark("Go on"),
    "auto": mark("Automatic"),
    "cpu": mark("Processor"),
    "plain": mark("Without names"),
    "read": mark("Read"),
    "ignore": mark("Ignore"),
    "photo": mark("Photo"),
    "video": mark("Video"),
    "audio": mark("Audio"),
    "document": mark("Document"),
    "other": mark("Other"),
    "sharpness": mark("Sharpness"),
    "exposure": mark("Exposure"),
    "contrast": mark("Contrast"),
    "appearances": mark("Faces and voices"),
    "people": mark("People"),
    "names": mark("Names"),
    "findings": mark("Findings"),
    "vectors": mark("Vectors"),
    "decisions": mark("Decisions"),
    "standing": mark("Standing"),
    "sitting": mark("Sitting"),
    "squat": mark("Squatting"),
    "lying": mark("Lying"),
    "arms up": mark("Arms up"),
}
# What each analyzer does, by its name (a test compares with the analyzers).
ANALYSES = {
    "probe": mark("Facts and preview"),
    "look": mark("Look: likeness, colours, quality"),
    "documents": mark("Text of documents"),
    "scenes": mark("Cuts and keyframes"),
    "safety": mark("Safe to show"),
    "faces": mark("Faces"),
    "objects": mark("Things in pictures"),
    "pose": mark("Body postures"),
    "meaning": mark("Meaning"),
    "tags": mark("Words for pictures"),
    "voice": mark("Where somebody speaks"),
    "ocr": mark("Text in pictures"),
    "titles": mark("Titles, captions, credits, signs, logos"),
    "speech": mark("What is said"),
    "sounds": mark("Sounds and music"),
    "caption": mark("Captions"),
}
PROPER = {
    "cuda": "CUDA",
    "tensorrt": "TensorRT",
    "coreml": "Core ML",
    "directml": "DirectML",
    "openvino": "OpenVINO",
    "webgpu": "WebGPU",
    "vast": "Vast.ai",
    "runpod": "RunPod",
}
# Each language is written in itself, so that who cannot read the window finds it.
TONGUES = {"en": "English", "de": "Deutsch", "nb": "Norsk bokmål"}


def analysis(name: str) -> str:
    """What an analyzer does, in a few words."""
    return tr(ANALYSES.get(name, name))


def named(word: str) -> str:
    """A word of the engine in the language in force, beginning with a capital letter; others stay as they are."""
    own = TONGUES.get(word) or PROPER.get(word)
    if own:
        return own
    found = WORDS.get(word.lower())
    return tr(found) if found else word.replace("_", " ").capitalize()
