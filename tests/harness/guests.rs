//! Running a guest of `tests/guests` in process, without a run around it.
