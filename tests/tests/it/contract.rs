//! The contract, `wit/`: it can be read, and what it encodes to is valid.

use wasmparser::{Validator, WasmFeatures};
use wit_parser::Resolve;

#[test]
fn the_contract_is_valid() {
    let mut resolve = Resolve::default();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../wit");
    let (package, _) = resolve.push_dir(folder).unwrap();
    let encoded = wit_component::encode(&resolve, package).unwrap();
    Validator::new_with_features(WasmFeatures::all())
        .validate_all(&encoded)
        .unwrap();
}
