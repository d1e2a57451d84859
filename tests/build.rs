//! Builds the components in `guests/` and lists them in an enumeration, so that the compiler
//! reports one that no test runs.

#[path = "../crates/component/wasm.rs"]
mod wasm;

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for source in ["guests", "../wit", "../crates/component/wasm.rs"] {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets no OUT_DIR")?);
    let built = wasm::build(
        &root.join("guests/Cargo.toml"),
        "component-dev",
        &["--examples"],
    );
    // cargo has already printed the error.
    let Some(folder) = built else {
        return Ok(());
    };
    let mut guests = Vec::new();
    for name in names(&root.join("guests/examples"))? {
        let component = folder.join("examples").join(&name);
        guests.push((name, component.with_extension("wasm")));
    }
    for name in names(&root.join("guests/text"))? {
        let text = root.join("guests/text").join(&name).with_extension("wat");
        let component = out.join(&name).with_extension("wasm");
        fs::write(&component, assembled(&text, &root.join("../wit"))?)?;
        guests.push((name, component));
    }
    guests.sort();
    fs::write(out.join("contract.wasm"), contract(&root.join("../wit"))?)?;
    fs::write(out.join("guests.rs"), enumeration(&guests))?;
    Ok(())
}

/// The names of the files in a folder, without their extensions.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for file in fs::read_dir(folder)? {
        if let Some(name) = file?.path().file_stem() {
            names.push(name.to_string_lossy().into_owned());
        }
    }
    Ok(names)
}

/// A component made from the text of a core module, for the world of a step.
fn assembled(text: &Path, wit: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut module = wat::parse_file(text)?;
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(wit)?;
    let world = resolve.select_world(&[package], Some("step"))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    let component = ComponentEncoder::default().module(&module)?.encode()?;
    Ok(component)
}

/// The contract, encoded as a component.
fn contract(wit: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(wit)?;
    Ok(wit_component::encode(&resolve, package)?)
}

/// The source of the enumeration `Guest`, from names and files.
fn enumeration(guests: &[(String, PathBuf)]) -> String {
    let (mut variants, mut all) = (String::new(), String::new());
    let (mut names, mut files) = (String::new(), String::new());
    for (name, file) in guests {
        let variant = camel_case(name);
        // Writing to a string does not fail.
        _ = writeln!(variants, "    /// `{name}`\n    {variant},");
        _ = writeln!(all, "        Self::{variant},");
        _ = writeln!(names, "            Self::{variant} => {name:?},");
        _ = writeln!(files, "            Self::{variant} => {file:?},");
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

    /// The name of its source, without what follows the dot.
    pub const fn name(self) -> &'static str {{
        match self {{
{names}        }}
    }}

    /// Where the component is.
    pub const fn file(self) -> &'static str {{
        match self {{
{files}        }}
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
