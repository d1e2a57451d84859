//! Makes a component of `components/nothing.wat`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (text, wit) = (root.join("components/nothing.wat"), root.join("../wit"));
    for source in [&text, &wit] {
        println!("cargo::rerun-if-changed={}", source.display());
    }
    let mut module = wat::parse_file(&text)?;
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(&wit)?;
    let world = resolve.select_world(&[package], Some("step"))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    let component = ComponentEncoder::default().module(&module)?.encode()?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets no OUT_DIR")?);
    fs::write(out.join("nothing.wasm"), component)?;
    Ok(())
}
