"""The parts of the hosts view: hosts, renting, money, and what never leaves this computer."""
