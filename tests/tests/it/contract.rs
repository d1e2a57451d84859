//! The contract, `wit/`: the build script has read and encoded it.

use expect_test::expect;
use http_step_tests::host;

#[test]
fn the_contract_is_valid() {
    let encoded = include_bytes!(concat!(env!("OUT_DIR"), "/contract.wasm"));
    // It is a component, since it was validated, but not a step.
    let error = host().load(encoded).err().unwrap();
    expect!["this component does not export `http-step`, so it is not a step of the world `ci:http-step/step`; it exports `auth`, `hash`, `log`, `types`, `properties`, `step`"]
        .assert_eq(&error.to_string());
}
