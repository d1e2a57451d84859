//! The step files in the documentation are valid.

use http_step_file::StepFile;

#[test]
fn every_example_parses() {
    for (document, examples) in [
        (include_str!("../../../../README.md"), 2),
        (include_str!("../../../../docs/step-file.md"), 10),
    ] {
        let files: Vec<_> = document
            .split("```yaml\n")
            .skip(1)
            .filter_map(|rest| rest.split("```").next())
            // Policies are tested in their own crate.
            .filter(|file| !file.starts_with("allow:"))
            .collect();
        assert_eq!(files.len(), examples);
        for file in files {
            if let Err(diagnostics) = StepFile::parse(file.as_bytes()) {
                panic!("{diagnostics}\n{file}");
            }
        }
    }
}
