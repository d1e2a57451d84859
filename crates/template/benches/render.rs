//! Rendering of a text with one expression, and of JSON with many.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::hint::black_box;

use divan::Bencher;
use http_step_template::{Names, Template, Value, render_json};

struct Build;

impl Names for Build {
    fn property(&self, name: &str) -> Option<Value> {
        (name == "number").then(|| Value::from(42))
    }

    fn secret(&self, _: &str) -> Option<String> {
        None
    }
}

fn main() {
    divan::main();
}

#[divan::bench(args = [
    "no expression in it",
    "build ${{ property.number }} of main",
    "${{ property.number }}",
    "${{ property.label | default({\"a\": [1, 2, 3]}) }}",
])]
fn text(bencher: Bencher<'_, '_>, text: &str) {
    bencher.bench(|| {
        let template = Template::parse(black_box(text)).unwrap();
        template.render(&Build).unwrap()
    });
}

#[divan::bench(args = [1, 100, 10_000])]
fn json(bencher: Bencher<'_, '_>, items: usize) {
    let item = Value::from("build ${{ property.number }}");
    let list = Value::from(vec![item; items]);
    bencher
        .with_inputs(|| list.clone())
        .bench_values(|list| render_json(list, &Build).unwrap());
}
