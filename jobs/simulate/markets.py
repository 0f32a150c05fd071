"""The markets the simulator knows: how many viewers each has, how many titles it makes, by which clock it watches.

`viewers` and `makes` are weights, not counts: rough shares of a worldwide streaming service, so that large countries have
many viewers and small ones still have some.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Market:
    """One country; `mobile_first` means that phones are the main screen."""

    code: str
    zone: str
    viewers: float
    makes: float = 1.0
    mobile_first: bool = False


MARKETS: tuple[Market, ...] = (
    Market("US", "America/New_York", 30, makes=24),
    Market("IN", "Asia/Kolkata", 22, makes=14, mobile_first=True),
    Market("BR", "America/Sao_Paulo", 16, makes=7, mobile_first=True),
    Market("JP", "Asia/Tokyo", 15, makes=16),
    Market("GB", "Europe/London", 12, makes=12),
    Market("DE", "Europe/Berlin", 12, makes=8),
    Market("MX", "America/Mexico_City", 11, makes=6, mobile_first=True),
    Market("FR", "Europe/Paris", 11, makes=9),
    Market("CA", "America/Toronto", 8, makes=3),
    Market("IT", "Europe/Rome", 8, makes=6),
    Market("ES", "Europe/Madrid", 8, makes=10),
    Market("KR", "Asia/Seoul", 8, makes=22),
    Market("ID", "Asia/Jakarta", 7, makes=4, mobile_first=True),
    Market("AU", "Australia/Sydney", 6, makes=3),
    Market("TR", "Europe/Istanbul", 6, makes=7),
    Market("PL", "Europe/Warsaw", 5, makes=5),
    Market("AR", "America/Argentina/Buenos_Aires", 5, makes=4),
    Market("PH", "Asia/Manila", 5, makes=4, mobile_first=True),
    Market("TH", "Asia/Bangkok", 5, makes=5, mobile_first=True),
    Market("NL", "Europe/Amsterdam", 4.5, makes=3),
    Market("CO", "America/Bogota", 4.5, makes=4, mobile_first=True),
    Market("NG", "Africa/Lagos", 4, makes=5, mobile_first=True),
    Market("VN", "Asia/Ho_Chi_Minh", 4, makes=3, mobile_first=True),
    Market("TW", "Asia/Taipei", 4, makes=4),
    Market("EG", "Africa/Cairo", 3.5, makes=4, mobile_first=True),
    Market("ZA", "Africa/Johannesburg", 3.5, makes=3, mobile_first=True),
    Market("SA", "Asia/Riyadh", 3.5, makes=2),
    Market("SE", "Europe/Stockholm", 3, makes=4),
    Market("CL", "America/Santiago", 3, makes=2),
    Market("MY", "Asia/Kuala_Lumpur", 3, makes=2, mobile_first=True),
    Market("PE", "America/Lima", 2.5, makes=2, mobile_first=True),
    Market("PT", "Europe/Lisbon", 2.5, makes=1),
    Market("CH", "Europe/Zurich", 2.5, makes=1),
    Market("AT", "Europe/Vienna", 2.5, makes=1),
    Market("RO", "Europe/Bucharest", 2.5, makes=1),
    Market("IL", "Asia/Jerusalem", 2.5, makes=3),
    Market("HK", "Asia/Hong_Kong", 2.5, makes=2),
    Market("AE", "Asia/Dubai", 2.5, makes=1),
    Market("NO", "Europe/Oslo", 2, makes=3),
    Market("DK", "Europe/Copenhagen", 2, makes=3),
    Market("FI", "Europe/Helsinki", 2, makes=1),
    Market("GR", "Europe/Athens", 2, makes=1),
    Market("SG", "Asia/Singapore", 2, makes=1),
    Market("NZ", "Pacific/Auckland", 1.6, makes=1),
    Market("KE", "Africa/Nairobi", 1.5, makes=1, mobile_first=True),
    Market("NP", "Asia/Kathmandu", 1.5, makes=1, mobile_first=True),
)
