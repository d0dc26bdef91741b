//! The memory budget: all linear memories and tables of an instance together.

use wasmtime::ResourceLimiter;

/// What one table element costs the host: a pointer.
const TABLE_ELEMENT_BYTES: usize = size_of::<usize>();

/// Grants growth up to a budget, and remembers whether any was refused: a guest that fails after a refusal has run out of
/// memory, whatever trap it chooses to end in.
#[derive(Debug)]
pub struct Limiter {
    budget_bytes: usize,
    held_bytes: usize,
    peak_bytes: usize,
    refused: bool,
}

impl Limiter {
    pub fn new(budget_bytes: usize) -> Self {
        Self { budget_bytes, held_bytes: 0, peak_bytes: 0, refused: false }
    }

    /// Begins a further task in the same instance: its peak starts at what the instance holds.
    pub fn start_task(&mut self) {
        self.peak_bytes = self.held_bytes;
        self.refused = false;
    }

    pub fn peak_bytes(&self) -> u64 {
        self.peak_bytes as u64
    }

    pub fn refused(&self) -> bool {
        self.refused
    }

    fn grow(&mut self, current_bytes: usize, desired_bytes: usize, allowed: bool) -> bool {
        let held_bytes = self.held_bytes.saturating_add(desired_bytes.saturating_sub(current_bytes));
        if !allowed || held_bytes > self.budget_bytes {
            self.refused = true;
            return false;
        }
        self.held_bytes = held_bytes;
        self.peak_bytes = self.peak_bytes.max(held_bytes);
        true
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.grow(current, desired, maximum.is_none_or(|maximum| desired <= maximum)))
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.refused = true;
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let bytes = |elements: usize| elements.saturating_mul(TABLE_ELEMENT_BYTES);
        Ok(self.grow(bytes(current), bytes(desired), maximum.is_none_or(|maximum| desired <= maximum)))
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.refused = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_and_tables_share_one_budget() {
        let mut limiter = Limiter::new(1000);
        assert!(limiter.memory_growing(0, 600, None).unwrap());
        assert!(!limiter.table_growing(0, 51, None).unwrap());
        assert!(limiter.refused());
        assert!(limiter.table_growing(0, 50, None).unwrap());
        assert!(!limiter.memory_growing(600, 601, None).unwrap());
        assert_eq!(limiter.peak_bytes(), 1000);
    }

    #[test]
    fn sizes_that_overflow_are_refused() {
        let mut limiter = Limiter::new(1000);
        assert!(limiter.memory_growing(0, 900, None).unwrap());
        assert!(!limiter.table_growing(0, usize::MAX, None).unwrap());
        assert!(!limiter.memory_growing(0, usize::MAX, None).unwrap());
    }
}
