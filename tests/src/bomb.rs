//! Components that are small to send and expensive for the host.

use wasm_encoder::{
    BlockType, CodeSection, Component, Function, FunctionSection, InstanceSection, Module,
    ModuleSection, TypeSection, ValType,
};

/// How many variables each function keeps alive across its branches.
const VARIABLES: u32 = 500;

/// A component with this many functions, of this many branches each. The functions multiply the
/// time to compile it, the branches the memory; each branch adds fourteen bytes to the component.
pub fn bomb(functions: u32, branches: u32) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], []);
    let mut declared = FunctionSection::new();
    let mut bodies = CodeSection::new();
    let body = body(branches);
    for _ in 0..functions {
        declared.function(0);
        bodies.function(&body);
    }
    let mut module = Module::new();
    module.section(&types).section(&declared).section(&bodies);
    let mut component = Component::new();
    component.section(&ModuleSection(&module));
    component.finish()
}

/// A component with this many core instances, which cost nothing to compile and take a slot each to
/// run.
pub fn crowd(instances: u32) -> Vec<u8> {
    let mut section = InstanceSection::new();
    for _ in 0..instances {
        section.instantiate::<[(&str, _); 0], &str>(0, []);
    }
    let mut component = Component::new();
    component
        .section(&ModuleSection(&Module::new()))
        .section(&section);
    component.finish()
}

fn body(branches: u32) -> Function {
    let mut function = Function::new([(VARIABLES, ValType::I64)]);
    let mut code = function.instructions();
    for branch in 0..branches {
        let variable = |step: u32| 1 + branch.wrapping_mul(step) % VARIABLES;
        code.local_get(0)
            .if_(BlockType::Empty)
            .local_get(variable(7))
            .local_get(variable(13))
            .i64_mul()
            .local_set(variable(3))
            .end();
    }
    code.end();
    function
}
