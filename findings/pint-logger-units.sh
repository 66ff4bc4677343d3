#!/usr/bin/env bash
# Package: pint 0.25.3 (PyPI)
# Expected: a unit out of a logger's line of units is understood, or refused, as NTU and m3 are: a name that pint does not know raises
#   UndefinedUnitError.
# Happens: what is no unit of its own may still be a prefix and a unit. pH is picohenry, RH is ronnahenry (the prefix is one of 2022), %RH is
#   percent ronnahenry, cfm is centifermi, pct is picocarat; C is coulomb and F is farad. W/m2 and m3/h, as loggers write them, are refused.
# Matters: catching the error is no check of a units row: acidity, humidity, air flow and °C without its sign pass as other quantities, which
#   convert into nH or metres without a word. A unit has to be compared with a list of one's own first.
# Here: a unit is text, taken as it stands and never interpreted; readings are not converted.
set -euo pipefail

version="${VERSION:-0.25.3}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
{ python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check "pint==$version"; } >&2 || exit 2

cat > ask.py <<'PY'
import pint

registry = pint.UnitRegistry()
for text in "hPa °C mS/cm pH RH %RH cfm pct C F NTU m3 W/m2 m3/h".split():
    try:
        print(text, "=", registry.parse_units(text))
    except pint.UndefinedUnitError:
        print(text, "refused")
print(round(registry.Quantity(7200, "pH").to("nH").magnitude, 6), "nH")
PY

found="$(PYTHONIOENCODING=utf-8 venv/bin/python ask.py)" || exit 2
wanted="hPa = hectopascal
°C = degree_Celsius
mS/cm = millisiemens / centimeter
pH = picohenry
RH = ronnahenry
%RH = percent * ronnahenry
cfm = centifermi
pct = picocarat
C = coulomb
F = farad
NTU refused
m3 refused
W/m2 refused
m3/h refused
7.2 nH"
if [ "$found" != "$wanted" ]; then
  printf 'It is another now. Expected:\n%s\nFound:\n%s\n' "$wanted" "$found"
  exit 1
fi
printf '%s\n' "$found"
echo "Acidity is an inductance, and cubic metres are refused (pint $version)."
