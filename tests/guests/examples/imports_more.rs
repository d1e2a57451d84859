//! A step that imports more than steps are given.

wit_bindgen::generate!({
    path: "../../wit",
    inline: "
        package test:more;

        interface shell {
            run: func(command: string) -> string;
        }

        world more {
            import shell;
            include ci:http-step/step@0.2.0;
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
            summary: test::more::shell::run("id"),
            exchanges: Vec::new(),
            checks: Vec::new(),
            outputs: Vec::new(),
            error: None,
        }
    }
}

export!(Step);
