"""Our own dirty and hostile files for `analysis read`, written without knowing its reader.

Each case writes a file from a made-up table and says what a careful person would make of it:
`sound` (accept exactly these rows), `spoilt` (refuse, at this row and column) or `either` (both
are fine, a misreading is not). A seed changes names, numbers and positions, not the fault.
"""
