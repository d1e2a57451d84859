//! Limits of readers.

use http_step_coding::Allowance;

/// An allowance of any memory, with a function that limits the decoded bytes.
pub(crate) struct Decodes<F>(pub(crate) F);

impl<F: FnMut(usize) -> Result<(), E>, E> Allowance for Decodes<F> {
    type Error = E;

    fn decoded(&mut self, bytes: usize) -> Result<(), E> {
        (self.0)(bytes)
    }

    fn holds(&mut self, _: usize) -> Result<(), E> {
        Ok(())
    }
}

/// An allowance of any number of bytes, with a function that limits the memory.
pub(crate) struct Holds<F>(pub(crate) F);

impl<F: FnMut(usize) -> Result<(), E>, E> Allowance for Holds<F> {
    type Error = E;

    fn decoded(&mut self, _: usize) -> Result<(), E> {
        Ok(())
    }

    fn holds(&mut self, bytes: usize) -> Result<(), E> {
        (self.0)(bytes)
    }
}
