//! The sizes of the program and its parts.

use std::fs;
use std::path::Path;

use crate::bench::Bench;
use crate::failure::Result;
use crate::report::{Report, Table, bytes};

pub(super) fn measure(bench: &mut Bench, report: &mut Report) -> Result<()> {
    let program = fs::metadata(&bench.args.program)?.len();
    let component = http_step_component::WASM.len() as u64;
    let code = largest_file(&bench.args.scratch.join("http-step"))?;
    let mut table = Table::new(&["", "size"]);
    for (what, size) in [
        ("the built-in step, as a component", component),
        ("its compiled code, in the cache", code),
        (
            "the program `http-step`, which contains the component",
            program,
        ),
    ] {
        if size == 0 {
            return Err(format!("{what}: there is no such file").into());
        }
        table.row([what.to_owned(), bytes(size)]);
    }
    report.table("sizes", table);
    Ok(())
}

/// The size of the largest file below a directory: the cache also has small ones.
fn largest_file(directory: &Path) -> Result<u64> {
    let mut largest = 0;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        largest = largest.max(match kind.is_dir() {
            true => largest_file(&entry.path())?,
            false => entry.metadata()?.len(),
        });
    }
    Ok(largest)
}
