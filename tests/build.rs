//! Builds the components in `guests/`, and names each in an enumeration, so that
//! the compiler knows of one that no test runs.

#[path = "../component/wasm.rs"]
mod wasm;

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for source in ["guests", "../wit", "../component/wasm.rs"] {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    let built = wasm::build(
        &root.join("guests/Cargo.toml"),
        "guests",
        &["--release", "--examples", "--locked"],
    );
    if let Some(folder) = built {
        let guests = folder.join("release/examples");
        println!("cargo::rustc-env=HTTP_STEP_GUESTS={}", guests.display());
    }
    let mut names = Vec::new();
    for example in fs::read_dir(root.join("guests/examples"))? {
        let path = example?.path();
        if let Some(name) = path.file_stem() {
            names.push(name.to_string_lossy().into_owned());
        }
    }
    names.sort();
    let out = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    fs::write(Path::new(&out).join("guests.rs"), enumeration(&names))
}

/// The enumeration [`Guest`] of these names.
fn enumeration(names: &[String]) -> String {
    let mut variants = String::new();
    let mut all = String::new();
    let mut arms = String::new();
    for name in names {
        let variant = camel_case(name);
        // Writing to a string does not fail.
        _ = writeln!(
            variants,
            "    /// `guests/examples/{name}.rs`\n    {variant},"
        );
        _ = writeln!(all, "        Self::{variant},");
        _ = writeln!(arms, "            Self::{variant} => {name:?},");
    }
    format!(
        "\
/// A component of `guests/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Guest {{
{variants}}}

impl Guest {{
    /// All of them.
    pub const ALL: &[Self] = &[
{all}    ];

    /// The name of its file.
    pub const fn name(self) -> &'static str {{
        match self {{
{arms}        }}
    }}
}}
"
    )
}

fn camel_case(name: &str) -> String {
    name.split('_')
        .map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_uppercase() + rest
        })
        .collect()
}
