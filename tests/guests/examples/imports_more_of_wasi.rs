//! A step that imports a part of WASI that steps are not given.

wit_bindgen::generate!({
    path: "../../wit",
    inline: "
        package test:more;

        world more {
            import wasi:keyvalue/store@0.2.0;
            include ci:http-step/step@0.2.0;
        }

        package wasi:keyvalue@0.2.0 {
            interface store {
                get: func(key: string) -> string;
            }
        }
    ",
    world: "test:more/more",
    generate_all,
});

struct Step;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        StepResult {
            outcome: ci::http_step::types::Outcome::Success,
            summary: wasi::keyvalue::store::get("id"),
            exchanges: Vec::new(),
            checks: Vec::new(),
            outputs: Vec::new(),
            error: None,
        }
    }
}

export!(Step);
