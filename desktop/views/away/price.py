"""The money for a rental: a slider for the most that it may cost, and what that brings, before anybody says yes."""

import math

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QSlider, QVBoxLayout

from desktop.look import tokens, words
from desktop.look.look import Look
from desktop.look.parts import button, label
from desktop.views.away import saying
from desktop.views.away.figure import Figures
from desktop.views.parts.cards import Card
from engine.language import digits, tr
from engine.model import Forecast, Offer

STEP = 0.05  # US dollars of one step of the slider
FIRST = 1.0  # US dollars that are proposed
CENT = 0.01
LEAST = 0.05  # hours that can be rented
SHORTEST = 0.25  # hours at which the slider begins
LONGEST = 24.0  # hours for which the slider goes without a cap of one rental
SETTLE = 120  # milliseconds after the last move before the forecast is asked for


class Price(QFrame):
    """For one offer.

    Signals:
        wanted: the forecast for so many hours.
        rented: rent it for so many hours.
        capping: the caps are to be set.
    """

    wanted = Signal(float)
    rented = Signal(float)
    capping = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("card")
        self.offer: Offer | None = None
        self.forecast: Forecast | None = None
        self.left: float | None = None  # US dollars within the caps; None without any
        self.extra = 0.0  # US dollars beside the hours: what travels, and a little time to end in
        self._corrected = False  # since the slider was moved
        self._held = False  # the button had the focus when it was pressed
        self.title = label("", "subtitle", wrap=True)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName(tr("The most that this rental may cost"))
        self.slider.setPageStep(10)
        self.slider.valueChanged.connect(lambda _value: self._turned())
        self._touched = False  # somebody chose a sum: it stays for the next offer
        self.amount = label("", "title")
        self.hours_words = label("", "muted")
        self.figures = Figures()
        self.note = Card(look, "warning", "")
        self.capless = Card(look, "warning", tr("Nothing is rented without a cap."),
                            tr("Say first how much may be spent."))  # fmt: skip
        self.capless.add(tr("Set the caps"), self.capping.emit)
        self.go = button("", self._rent, "primary")
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE)
        self._settle.timeout.connect(lambda: self.wanted.emit(self.hours))
        self._assemble()
        self.hide()

    @property
    def most(self) -> float:
        """US dollars that the slider says."""
        return self.slider.value() * STEP

    @property
    def hours(self) -> float:
        """How long that lasts, with what is beside the hours."""
        if self.offer is None or self.offer.price <= 0:
            return 0.0
        return max(LEAST, (self.most - self.extra) / self.offer.price)

    def show_offer(self, offer: Offer | None) -> None:
        """Think about this machine."""
        if offer == self.offer:
            return
        self.offer, self.forecast, self.extra = offer, None, 0.0
        self.setVisible(offer is not None)
        if offer is None:
            self._settle.stop()
            return
        gpu, money = offer.gpu, words.money(offer.price)
        self.title.setText(tr("{gpu} for {money} an hour", gpu=gpu, money=money))
        self._limit()
        self._moved()

    def show_left(self, left: float | None) -> None:
        """What is left of the caps."""
        fresh = None if left is None else round(left, 2)
        if fresh == self.left:
            return
        self.left = fresh
        self._limit()
        self._enable()
        if self.offer is not None:  # what was said of the caps is no longer so
            self._settle.start()

    def show_forecast(self, forecast: Forecast | None, hours: float = 0.0) -> None:
        """What the rental would bring for so many hours, None when it cannot be told."""
        if forecast is not None and (hours != self.hours or self._corrects(forecast)):
            return  # of hours that the slider said before it was moved; those that it says now are asked for
        self.forecast = forecast
        if forecast is not None:
            self.figures.show_facts(_figures(forecast, self.left))
            self.note.say(forecast.text)
        self.note.setVisible(forecast is not None and bool(forecast.text) and self.capless.isHidden())
        self._enable()

    def busy(self, on: bool) -> None:
        """It is being rented."""
        self._held = self._held if not on else self.go.hasFocus()
        self.slider.setEnabled(not on)
        self.go.setEnabled(not on)
        if on:
            self.go.setText(tr("Renting…"))
        else:
            self._enable()
            if self._held:  # who pressed the button stays here, and is not at the other end of the window
                self.slider.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_price(self) -> None:
        """Ask for nothing more."""
        self._settle.stop()

    # --- inside

    def _corrects(self, forecast: Forecast) -> bool:
        """Learn what comes on top of the hours: the slider means the whole sum, so there are fewer hours in it."""
        extra = max(0.0, forecast.most - self.hours * (self.offer.price if self.offer is not None else 0.0))
        if self._corrected or abs(extra - self.extra) < CENT:
            return False  # the hours stay those of this forecast: what its button says is what is reserved
        self.extra, self._corrected = extra, True
        self._limit()
        self._say_hours()
        self._settle.start()
        return True

    def _limit(self) -> None:
        """The slider goes as far as the caps and a day allow."""
        if self.offer is None:
            return
        most = min(self.offer.price * LONGEST, self.left if self.left is not None else FIRST)
        before = self.slider.value()
        self.slider.blockSignals(True)
        least = max(1, math.ceil((self.offer.price * SHORTEST + self.extra) / STEP))
        self.slider.setRange(least, max(least, int(most / STEP + 1e-6)))
        self.slider.setValue(min(before, self.slider.maximum()) if self._touched else round(FIRST / STEP))
        self.slider.blockSignals(False)
        self._say_caps()
        if self.slider.value() != before:
            self._moved()

    def _turned(self) -> None:
        self._touched = True
        self._moved()

    def _say_caps(self) -> None:
        if self.left is None:
            self.capless.say(tr("Nothing is rented without a cap."), tr("Say first how much may be spent."))
        elif self.left < STEP:
            self.capless.say(
                tr("All that the caps allow is spent or reserved."),
                tr("Raise a cap, or wait for the next day or month."),
            )
        self.capless.setVisible(self.left is None or self.left < STEP)

    def _moved(self) -> None:
        self.amount.setText(tr("{money} at most", money=words.money(self.most)))
        self.slider.setAccessibleDescription(self.amount.text())
        self._corrected = False
        self._say_hours()
        self.forecast = None
        self._enable()
        if self.offer is not None:
            self._settle.start()

    def _say_hours(self) -> None:
        self.hours_words.setText(tr("lasts for {time}", time=words.span(self.hours * 3600)))

    def _enable(self) -> None:
        forecast = self.forecast
        sum_ = words.money(forecast.most if forecast is not None else self.most)
        self.go.setText(tr("Rent for at most {money}", money=sum_))
        self.go.setEnabled(forecast is not None and forecast.fits and self.left is not None)

    def _rent(self) -> None:
        if self.go.isEnabled():
            self.rented.emit(self.hours)

    def _assemble(self) -> None:
        for part in (self.title, self.note, self.capless):
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        line = QHBoxLayout()
        line.setSpacing(tokens.M)
        line.addWidget(self.amount)
        line.addWidget(self.hours_words, 0, Qt.AlignmentFlag.AlignVCenter)
        line.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.L, tokens.M, tokens.L, tokens.M)
        column.setSpacing(tokens.S)
        column.addWidget(self.title)
        column.addWidget(self.slider)
        column.addLayout(line)
        column.addWidget(self.figures)
        column.addWidget(self.note)
        column.addWidget(self.capless)
        column.addWidget(self.go, 0, Qt.AlignmentFlag.AlignLeading)
        self.note.hide()
        self.capless.hide()


def _figures(forecast: Forecast, left: float | None) -> list[saying.Fact]:
    """What it brings; times only where there is something to do."""
    facts = [
        (tr("Expected cost"), words.money(forecast.cost), tr("What it will cost as far as can be told")),
        (tr("Cost at most"), words.money(forecast.most), tr("Reserved until its hard stop")),
        (tr("Waiting jobs"), digits(forecast.jobs), tr("That may travel and wait now")),
    ]
    if forecast.jobs:
        facts += [
            (tr("Time on this computer"), saying.minutes(forecast.here), ""),
            (tr("Time with this GPU"), saying.minutes(forecast.there), tr("Starting and sending included")),
            (tr("To be sent"), words.size(forecast.upload), ""),
        ]
    facts.append((tr("First result in"), saying.minutes(forecast.boot), ""))
    if left is not None:
        facts.append((tr("Left under the caps"), words.money(left), ""))
    return facts
