//! The hostile pack, and trying it on this machine: `sandmill selftest`.

mod bombs;
mod pack;
mod selftest;
mod trial;

pub use pack::{ATTACKS, Attack, End, Guise};
pub use selftest::{Selftest, selftest};
pub use trial::Trial;
