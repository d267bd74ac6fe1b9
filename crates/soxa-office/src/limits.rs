//! Every limit on what is read from a spreadsheet, with its unit and its reason.

/// Bytes of a file. 50,000 assets with all their columns are some 6 MB.
pub const FILE_BYTES_MAX: usize = 64 << 20;
/// Bytes of all parts of a workbook together once they are inflated: 50,000 assets are some 60 MB. What a small file swells
/// up to beyond that is a bomb.
pub const INFLATED_BYTES_MAX: u64 = 256 << 20;
/// Parts of a workbook: sheets, styles, drawings, printer settings.
pub const PARTS_MAX: usize = 5_000;
/// Texts that a workbook shares among its cells.
pub const SHARED_TEXTS_MAX: u64 = 2_000_000;
/// Sheets of a workbook.
pub const SHEETS_MAX: usize = 200;
/// Rows of all sheets that hold something.
pub const ROWS_MAX: usize = 100_000;
/// Columns of a sheet that hold something; the widest form in use has some sixty.
pub const COLUMNS_MAX: u32 = 500;
/// Cells of all sheets that hold something.
pub const CELLS_MAX: usize = 4_000_000;
/// Cells of all sheets, empty ones with a format included: a million empty rows are read over, not for ever.
pub const CELLS_PASSED_MAX: usize = 40_000_000;
/// Bytes of the text of all cells together, each counted where it stands.
pub const TEXT_BYTES_MAX: usize = 256 << 20;
/// Characters of one cell: Excel's own limit.
pub const CELL_CHARACTERS_MAX: usize = 32_767;
/// Merged areas of a sheet.
pub const MERGED_MAX: usize = 50_000;

/// Rows from the top among which the header is looked for: forms have titles, and reports a page of them.
pub const HEADER_SEARCH_ROWS: usize = 60;
/// Rows of a header: groups, sub-groups, units and numbers.
pub const HEADER_ROWS_MAX: usize = 4;
/// Problems that are kept; further ones are counted.
pub const PROBLEMS_KEPT: usize = 5_000;
/// Similar names that a problem lists.
pub const NEAR_SHOWN: usize = 5;
