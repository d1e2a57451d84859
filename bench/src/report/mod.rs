//! The measurements, and the page that they become.

mod format;
mod machine;
mod page;
mod plot;
mod table;
mod targets;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Result;
use crate::statistics::Spread;

pub(crate) use format::{bytes, mebibytes, microseconds, milliseconds, rate, times};
pub(crate) use plot::{Curve, Plot, Scale};
pub(crate) use table::Table;

/// The page's name, and the directory of its plots.
const PAGE: &str = "performance.md";
const PLOTS: &str = "performance";

/// The parts of the page, by the names that the template has for them.
#[derive(Default)]
pub(crate) struct Report {
    parts: BTreeMap<&'static str, String>,
    plots: BTreeMap<&'static str, String>,
    reached: BTreeMap<&'static str, Spread>,
}

impl Report {
    /// A table, where the template has `{{name}}`.
    pub(crate) fn table(&mut self, name: &'static str, table: Table) {
        self.text(name, table.to_string());
    }

    /// A text, where the template has `{{name}}`.
    pub(crate) fn text(&mut self, name: &'static str, text: String) {
        self.parts.insert(name, text);
    }

    /// A plot, which becomes a file of this name.
    pub(crate) fn plot(&mut self, name: &'static str, plot: &Plot) {
        self.plots.insert(name, plot.svg());
    }

    /// The measured value of a target.
    pub(crate) fn target(&mut self, name: &'static str, reached: Spread) {
        self.reached.insert(name, reached);
    }

    /// Write the page and its plots. Returns the path of the page.
    pub(crate) fn write(mut self, out: &Path) -> Result<PathBuf> {
        let targets = targets::table(&self.reached)?;
        self.table("targets", targets);
        self.text("machine", machine::described()?);
        let names = self.plots.keys().copied();
        let page = page::fill(page::TEMPLATE, &self.parts, names.collect())?;
        fs::create_dir_all(out.join(PLOTS))?;
        for (name, svg) in &self.plots {
            fs::write(out.join(PLOTS).join(name).with_extension("svg"), svg)?;
        }
        fs::write(out.join(PAGE), page)?;
        Ok(out.join(PAGE))
    }
}
