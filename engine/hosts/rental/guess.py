"""What a rental would cost and save, told before anybody says yes: measured where it was measured, else guessed low."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.language import tr
from engine.model import Forecast, Offer
from engine.model.contracts import dollars, micros, reservation

BOOT = 360.0  # seconds until a machine works, where none was measured: image, libraries, models
LEAST = 3.0  # times faster than this machine that a GPU is thought to be, where nothing is known of it
# Times faster than a desktop's processor on the models that travel; cautious, and forgotten once measured.
TIMES = (
    ("h200", 24.0), ("h100", 22.0), ("b200", 26.0), ("a100", 16.0), ("5090", 18.0), ("4090", 14.0), ("l40", 12.0),
    ("4080", 10.0), ("3090", 9.0), ("a6000", 9.0), ("a40", 8.0), ("l4", 6.0), ("4070", 8.0), ("3080", 8.0),
    ("a5000", 7.0), ("4060", 6.0), ("3070", 6.0), ("3060", 5.0), ("a4000", 5.0), ("v100", 6.0), ("t4", 4.0),
)  # fmt: skip
BYTES: Mapping[str, int] = {"speech": 2_500_000, "voice": 2_500_000, "sounds": 2_500_000, "caption": 120_000,
                            "meaning": 200_000}  # fmt: skip
USUAL_BYTES = 350_000  # that a job sends, where nothing else is known
SETUP_BYTES = 600_000_000  # packs and Kinora's own files
UPLINK = 20.0  # Mbit/s that this computer is thought to send
COUNTED = 5.0  # seconds between two counts on the disk of what travels for money; a crash forgets what lies between
LINE = 1000.0  # Mbit/s of a machine that does not say
SPARE = 300.0  # seconds that a machine is idle before it is let go


@dataclass(frozen=True, slots=True)
class Load:
    """What waits and may travel: for each analyzer so many jobs, and seconds for each on this machine as a whole."""

    jobs: Mapping[str, int]
    seconds: Mapping[str, float]

    @property
    def count(self) -> int:
        """How many jobs."""
        return sum(self.jobs.values())

    @property
    def here(self) -> float:
        """Seconds that they take here."""
        return sum(count * self.seconds.get(name, 0.0) for name, count in self.jobs.items())

    @property
    def upload(self) -> int:
        """Bytes that they send."""
        jobs = sum(count * BYTES.get(name, USUAL_BYTES) for name, count in self.jobs.items())
        return jobs + SETUP_BYTES if self.count else 0


def forecast(load: Load, offer: Offer, hours: float, paces: Mapping[str, float], boot: float = 0.0) -> Forecast:
    """What renting this offer for at most so many hours would come to; whether it fits is not looked at here."""
    boot = boot or BOOT
    work = compute(load, offer.gpu, paces, offer.gpus)
    sending = load.upload * 8 / (min(UPLINK, offer.down or UPLINK) * 1e6)
    there = boot + max(work, sending)
    seconds = min(there + SPARE, hours * 3600)
    extra = traffic(load, offer)
    most = reservation(micros(offer.price), hours * 3600, micros(extra) + micros(unseen(offer)))
    cost = offer.price * seconds / 3600 + extra
    return Forecast(
        load.count, load.here, there, boot, load.upload, cost, dollars(most), True, _remark(load, there, hours)
    )


def compute(load: Load, gpu: str, paces: Mapping[str, float], gpus: int = 1) -> float:
    """Seconds that the jobs take on such a GPU: as measured, else guessed."""
    faster = times(gpu)
    return sum(
        count * (paces[name] if name in paces else load.seconds.get(name, 0.0) / faster)
        for name, count in load.jobs.items()
    ) / max(1, gpus)


def traffic(load: Load, offer: Offer) -> float:
    """Dollars that sending the jobs there costs."""
    return offer.traffic * max(1.0, load.upload / 1e9)


def unseen(offer: Offer) -> float:
    """Dollars for what may travel, as quickly as the machine takes it, between two counts."""
    return offer.traffic * (offer.down or LINE) * 1e6 / 8 * COUNTED / 1e9


def times(gpu: str) -> float:
    """How many times faster than this machine a GPU is thought to be."""
    name = gpu.lower().replace(" ", "")
    return next((factor for part, factor in TIMES if part in name), LEAST)


def _remark(load: Load, there: float, hours: float) -> str:
    if not load.count:
        return tr("No job waits that may leave this computer.")
    if there > hours * 3600:
        return tr("The jobs will not all be done by the hard stop; the rest goes on here.")
    if there >= load.here:
        return tr("It would not be faster than this computer alone.")
    return ""
