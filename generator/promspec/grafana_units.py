"""Grafana's units: which ids exist, and which one was probably meant. Data only; imports nothing of promspec.

Source: grafana/packages/grafana-data/src/valueFormats/categories.ts, as in grafanalib 0.7.1 and
grafana-foundation-sdk 0.0.21.
"""

from __future__ import annotations

import difflib

_BY_CATEGORY = {
    "misc": "none string short sishort percent percentunit humidity dB candela hex0x hex sci locale pixel",
    "acceleration": "accMS2 accFS2 accG",
    "angle": "degree radian grad arcmin arcsec",
    "area": "areaM2 areaF2 areaMI2 acres hectares",
    "computation": "flops mflops gflops tflops pflops eflops zflops yflops",
    "concentration": "ppm conppb conngm3 conngNm3 conμgm3 conμgNm3 conmgm3 conmgNm3 congm3 congNm3 conmgdL conmmolL",
    "currency": "currencyUSD currencyGBP currencyEUR currencyJPY currencyRUB currencyUAH currencyBRL currencyDKK "
    "currencyISK currencyNOK currencySEK currencyCZK currencyCHF currencyPLN currencyBTC currencymBTC currencyμBTC "
    "currencyZAR currencyINR currencyKRW currencyIDR currencyPHP currencyVND currencyTRY currencyMYR currencyXPF "
    "currencyBGN currencyPYG currencyUYU currencyILS",
    "data": "bytes decbytes bits decbits kbytes deckbytes mbytes decmbytes gbytes decgbytes tbytes dectbytes pbytes "
    "decpbytes",
    "data rate": "pps binBps Bps binbps bps KiBs Kibits KBs Kbits MiBs Mibits MBs Mbits GiBs Gibits GBs Gbits TiBs "
    "Tibits TBs Tbits PiBs Pibits PBs Pbits",
    "date and time": "dateTimeAsIso dateTimeAsIsoNoDateIfToday dateTimeAsUS dateTimeAsUSNoDateIfToday dateTimeAsLocal "
    "dateTimeAsLocalNoDateIfToday dateTimeAsSystem dateTimeFromNow",
    "energy": "watt kwatt megwatt gwatt mwatt Wm2 voltamp kvoltamp voltampreact kvoltampreact watth watthperkg kwatth "
    "kwattm mwatth amph kamph mamph joule ev amp kamp mamp volt kvolt mvolt dBm mohm ohm kohm Mohm farad µfarad nfarad "
    "pfarad ffarad henry mhenry µhenry lumens",
    "flow": "flowgpm flowcms flowcfs flowcfm litreh flowlpm flowmlpm lux",
    "force": "forceNm forcekNm forceN forcekN",
    "hash rate": "Hs KHs MHs GHs THs PHs EHs",
    "mass": "massmg massg masslb masskg masst",
    "length": "lengthmm lengthin lengthft lengthm lengthkm lengthmi",
    "pressure": "pressurembar pressurebar pressurekbar pressurepa pressurehpa pressurekpa pressurehg pressurepsi",
    "radiation": "radbq radci radgy radrad radsv radmsv radusv radrem radexpckg radr radsvh radmsvh radusvh",
    "rotation": "rotrpm rothz rotkhz rotmhz rotghz rotrads rotdegs",
    "temperature": "celsius fahrenheit kelvin",
    "time": "hertz ns µs ms s m h d dtdurationms dtdurations dthms dtdhms timeticks clockms clocks",
    "throughput": "cps ops reqps rps wps iops eps mps recps rowsps cpm opm reqpm rpm wpm epm mpm recpm rowspm",
    "velocity": "velocityms velocitykmh velocitymph velocityknot",
    "volume": "mlitre litre m3 Nm3 dm3 gallons",
    "boolean": "bool bool_yes_no bool_on_off",
}
UNITS = tuple(unit for listed in _BY_CATEGORY.values() for unit in listed.split())
"""Every id of a unit, by Grafana's categories."""

PREFIXES = ("suffix:", "prefix:", "time:", "si:", "count:", "currency:", "bool:")
"""What begins a unit of one's own: `suffix:files`, `count:req`, `si:mF`."""

_KNOWN = frozenset(UNITS)
_MEANT = {
    **dict.fromkeys(("second", "seconds", "sec", "secs"), "s"),
    **dict.fromkeys(("millisecond", "milliseconds", "msec", "millis"), "ms"),
    **dict.fromkeys(("microsecond", "microseconds", "us"), "µs"),
    **dict.fromkeys(("nanosecond", "nanoseconds"), "ns"),
    **dict.fromkeys(("minute", "minutes", "min"), "m"),
    **dict.fromkeys(("hour", "hours"), "h"),
    **dict.fromkeys(("day", "days"), "d"),
    **dict.fromkeys(("ratio", "percent_unit", "percentage_unit"), "percentunit"),
    **dict.fromkeys(("%", "percents", "percentage", "pct"), "percent"),
    **dict.fromkeys(("byte", "b"), "bytes"),
    **dict.fromkeys(("bytes/s", "byte/s", "bytes_per_second", "byteps", "bytesps"), "Bps"),
    **dict.fromkeys(("req/s", "requests/s", "request/s", "rq/s", "requests", "requests_per_second", "qps"), "reqps"),
    **dict.fromkeys(("ops/s", "operations/s", "1/s", "per second", "/s", "persec"), "ops"),
    **dict.fromkeys(("events/s", "errors/s"), "eps"),
    **dict.fromkeys(("number", "count", "integer", "int", "float", "unitless", "number of"), "short"),
    **dict.fromkeys(("boolean", "yes/no"), "bool_yes_no"),
    **dict.fromkeys(("date", "datetime", "timestamp"), "dateTimeAsIso"),
}


def known_unit(unit: str) -> bool:
    """Whether Grafana knows the unit: an id of its list, or one of the prefixes with something behind it.

    >>> known_unit("reqps"), known_unit("suffix:files"), known_unit("seconds")
    (True, True, False)
    """
    return unit in _KNOWN or any(unit.startswith(prefix) and len(unit) > len(prefix) for prefix in PREFIXES)


def meant_unit(unit: str) -> str:
    """The id that an unknown unit probably stands for, or the empty string: `seconds` is `s`.

    >>> meant_unit("percentunits")
    'percentunit'
    """
    folded = unit.strip().lower()
    if folded in _MEANT:
        return _MEANT[folded]
    by_case = {known.lower(): known for known in UNITS}
    if folded in by_case:
        return by_case[folded]
    near = difflib.get_close_matches(folded, by_case, n=1, cutoff=0.7)
    return by_case[near[0]] if near else ""
