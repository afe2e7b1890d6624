"""Times of the contract: RFC 3339, UTC, to the second or finer, as milliseconds since the Unix epoch."""

from datetime import date

#: Python's calendar has the years 1 to 9999, the contract's 0 to 9999. It is the same every 400 years of 146,097 days.
CYCLE_YEARS, CYCLE_DAYS = 400, 146_097
EPOCH_DAY = date(1970, 1, 1).toordinal()


def milliseconds_of(text: str) -> int:
    """Finer parts are dropped. The text fits the pattern of the schemas."""
    year, month, day, hour, minute, second = (int(text[at : at + size]) for at, size in FIELDS)
    cycles = 1 if year < CYCLE_YEARS else 0
    days = date(year + cycles * CYCLE_YEARS, month, day).toordinal() - EPOCH_DAY - cycles * CYCLE_DAYS
    fraction = text[20:23].rstrip("Z") if text[19] == "." else ""
    return ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + int(fraction.ljust(3, "0"))


FIELDS = ((0, 4), (5, 2), (8, 2), (11, 2), (14, 2), (17, 2))


def text_of(seconds: int) -> str:
    """Of whole seconds since the Unix epoch."""
    days, rest = divmod(seconds, 86_400)
    ordinal = days + EPOCH_DAY
    cycles = 1 if ordinal < 1 else 0
    day = date.fromordinal(ordinal + cycles * CYCLE_DAYS)
    clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{day.year - cycles * CYCLE_YEARS:04d}-{day.month:02d}-{day.day:02d}T{clock}Z"
