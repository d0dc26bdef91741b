//! `processor!`: the exports of a processor.

/// Makes a function the processor of this crate, which has to be a `cdylib`.
///
/// The function takes `&mut Input` and returns anything that is an [`Output`](crate::Output): a row, an `Option` or a
/// `Vec` of rows, nothing, or a `Result` of one of these.
///
/// ```
/// use sandmill_guest::{DynRow, Input};
///
/// fn size(input: &mut Input) -> DynRow {
///     [("bytes", input.len())].into_iter().collect()
/// }
///
/// sandmill_guest::processor!(size);
/// ```
///
/// `init = function` names a function which is called once in every sandbox, before the first task in it. What it makes
/// belongs into a `static`. If it fails, no task can run.
///
/// `row = Type` declares the columns of a processor that emits rows of this type and returns nothing:
///
/// ```
/// use std::sync::OnceLock;
///
/// use sandmill_guest::{Context, Error, Input, Result, Row, emit, param};
///
/// #[derive(Row)]
/// struct Long<'a> {
///     line: u64,
///     text: &'a str,
/// }
///
/// static LIMIT: OnceLock<usize> = OnceLock::new();
///
/// fn init() -> Result<()> {
///     let limit = param("limit").ok_or_else(|| Error::msg("--param limit=<bytes> is missing"))?;
///     let limit = limit.parse().context("parse --param limit")?;
///     LIMIT.get_or_init(|| limit);
///     Ok(())
/// }
///
/// fn long_lines(input: &mut Input) -> Result<()> {
///     let limit = LIMIT.get().copied().unwrap_or(0);
///     let mut lines = input.lines();
///     while let Some(line) = lines.next_line() {
///         if line.bytes.len() > limit {
///             emit(Long { line: line.number, text: line.text()? });
///         }
///     }
///     Ok(())
/// }
///
/// sandmill_guest::processor!(long_lines, init = init, row = Long<'_>);
/// ```
#[macro_export]
macro_rules! processor {
    (@exports $function:expr, [$($init:expr)?], $columns:expr) => {
        // Where the crate is compiled for its unit tests, this is not exported, but checked.
        #[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "not exported"))]
        const _: () = {
            #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
            extern "C" fn sandmill_abi_1() {}

            #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
            extern "C" fn sandmill_alloc(len: usize) -> *mut u8 {
                $crate::boundary::alloc(len)
            }

            #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
            extern "C" fn sandmill_process(ptr: *mut u8, len: usize) -> u64 {
                $crate::boundary::process($function, ptr, len)
            }

            #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
            extern "C" fn sandmill_columns() -> u64 {
                $columns
            }

            $(
                #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
                extern "C" fn sandmill_init() -> u64 {
                    $crate::boundary::init($init)
                }
            )?
        };
    };
    ($function:expr $(, init = $init:expr)? $(,)?) => {
        $crate::processor!(@exports $function, [$($init)?], $crate::boundary::columns_of_output($function));
    };
    ($function:expr $(, init = $init:expr)?, row = $row:ty $(,)?) => {
        $crate::processor!(@exports $function, [$($init)?], $crate::boundary::columns_of::<$row>());
    };
}
