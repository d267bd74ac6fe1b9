//! Tables for commands that take many rows at once, as an office would export them: CSV files in the play's folder.

use super::error::DemoError;
use super::stage::Stage;

/// Writes a table and gives back its file, as a command line names it. A table of the same name is written over.
///
/// # Errors
/// When the file cannot be written.
pub fn write<R: AsRef<[u8]>>(
    stage: &Stage,
    name: &str,
    headings: &[&str],
    rows: impl IntoIterator<Item = Vec<R>>,
) -> Result<String, DemoError> {
    let folder = stage.dir().join("tables");
    std::fs::create_dir_all(&folder).map_err(DemoError::file(&folder))?;
    let file = folder.join(format!("{name}.csv"));
    let failed = |error: csv::Error| DemoError::Io {
        what: file.display().to_string(),
        source: error.into(),
    };
    let mut writer = csv::Writer::from_path(&file).map_err(failed)?;
    writer.write_record(headings).map_err(failed)?;
    for row in rows {
        writer.write_record(row).map_err(failed)?;
    }
    writer.flush().map_err(DemoError::file(&file))?;
    Ok(file.display().to_string())
}
