"""Tables as recorders and people write them: CSV in any usual encoding, XLSX, XLS; a broken line spoils no other.

`workbooks` opens the files of Excel, `shown` gives their cells as people see them, `tables` finds lines and columns.
"""

from service.spreadsheets.tables import TableRow, csv_lines, decoded, lines, numbered, rows
from service.spreadsheets.workbooks import sheet_lines

__all__ = ["TableRow", "csv_lines", "decoded", "lines", "numbered", "rows", "sheet_lines"]
