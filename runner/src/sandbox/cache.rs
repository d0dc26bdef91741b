//! Compiled modules and components, kept from run to run: compiling a processor takes longer than thousands of its tasks.
//!
//! What is kept is machine code, which nobody checks again before it runs. So the folder must be this user's alone, every
//! file is of exactly one module, engine, version and machine, and carries a digest against damage. Whatever is wrong with the
//! cache, the module is compiled instead.

use std::fs::{self, DirBuilder, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};
use wasmtime::component::Component;
use wasmtime::{Engine, Module};

use super::WASMTIME_VERSION;
use super::inspect::Form;
use crate::digest::hex;

const SUFFIX: &str = "compiled";
const DIGEST_BYTES: usize = 32;

/// What nobody has used for so long is removed.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

pub struct Cache {
    folder: PathBuf,
}

/// What can be kept: a module or a component.
pub trait Kept: Sized {
    const FORM: Form;

    fn of(code: Code) -> Option<Self>;
    fn engine(&self) -> &Engine;
    fn serialize(&self) -> wasmtime::Result<Vec<u8>>;
}

/// What was kept in `folder` under these parts of a key, or else what `compile` makes, which is then kept.
///
/// # Errors
/// Those of `compile`.
pub fn cached<T: Kept>(
    folder: Option<&Path>,
    engine: &Engine,
    key: &[&[u8]],
    compile: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let Some(cache) = folder.and_then(Cache::open) else { return compile() };
    if let Some(found) = cache.find(engine, key) {
        return Ok(found);
    }
    let compiled = compile()?;
    cache.keep(&compiled, key);
    Ok(compiled)
}

impl Cache {
    /// The cache in `folder`, which is made if it is not there; `None` if it is not safe to trust, or cannot be made.
    pub fn open(folder: &Path) -> Option<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).ok()?;
        let metadata = fs::symlink_metadata(folder).ok()?;
        let is_private =
            metadata.is_dir() && metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & 0o077 == 0;
        is_private.then(|| Self { folder: folder.to_owned() })
    }

    /// What was kept under these parts of a key.
    fn find<T: Kept>(&self, engine: &Engine, key: &[&[u8]]) -> Option<T> {
        load(engine, &self.path(engine, key), T::FORM).and_then(T::of)
    }

    /// Keeps it for whoever asks with the same key. A cache that cannot be written costs the next run some time, and this
    /// one nothing.
    fn keep<T: Kept>(&self, compiled: &T, key: &[&[u8]]) {
        let _ = self.store(compiled.serialize(), &self.path(compiled.engine(), key));
    }

    fn path(&self, engine: &Engine, parts: &[&[u8]]) -> PathBuf {
        let mut compatibility = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut compatibility);
        let mut key = Sha256::new();
        key.update(WASMTIME_VERSION);
        key.update(compatibility.finish().to_le_bytes());
        for part in parts {
            key.update((part.len() as u64).to_le_bytes());
            key.update(part);
        }
        self.folder.join(hex(&key.finalize())).with_extension(SUFFIX)
    }

    fn store(&self, code: wasmtime::Result<Vec<u8>>, path: &Path) -> anyhow::Result<()> {
        let code = code.map_err(|error| super::engine::explain(&error))?;
        self.sweep();
        let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
        let mut file = File::create(&temporary)?;
        file.write_all(&Sha256::digest(&code))?;
        file.write_all(&code)?;
        fs::rename(&temporary, path)?;
        Ok(())
    }

    fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for entry in entries.flatten() {
            let used = entry.metadata().and_then(|metadata| metadata.modified());
            let is_old = used.is_ok_and(|used| used.elapsed().is_ok_and(|age| age > KEPT_FOR));
            if is_old {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Compiled code of either form.
pub enum Code {
    Module(Module),
    Component(Component),
}

impl Kept for Module {
    const FORM: Form = Form::Module;

    fn of(code: Code) -> Option<Self> {
        if let Code::Module(module) = code { Some(module) } else { None }
    }

    fn engine(&self) -> &Engine {
        self.engine()
    }

    fn serialize(&self) -> wasmtime::Result<Vec<u8>> {
        self.serialize()
    }
}

impl Kept for Component {
    const FORM: Form = Form::Component;

    fn of(code: Code) -> Option<Self> {
        if let Code::Component(component) = code { Some(component) } else { None }
    }

    fn engine(&self) -> &Engine {
        self.engine()
    }

    fn serialize(&self) -> wasmtime::Result<Vec<u8>> {
        self.serialize()
    }
}

/// The code at `path`, if there is one that is whole and of this engine.
fn load(engine: &Engine, path: &Path, form: Form) -> Option<Code> {
    let bytes = fs::read(path).ok()?;
    let (digest, code) = bytes.split_at_checked(DIGEST_BYTES)?;
    if Sha256::digest(code).as_slice() != digest {
        return None;
    }
    // For the sweep. A time that is not set makes it compile again one day.
    let _ = File::open(path).and_then(|file| file.set_modified(SystemTime::now()));
    // SAFETY: `deserialize` asks for bytes that `serialize` made. These are: the folder belongs to this user and nobody else
    // may write to it (checked when it was opened), only `store` writes files of this suffix there, and the digest shows
    // that the file is as it was written. wasmtime itself refuses those of another version, engine or machine, and takes
    // no module for a component.
    #[expect(unsafe_code, reason = "the only way to load compiled code")]
    let code = unsafe {
        match form {
            Form::Module => Module::deserialize(engine, code).map(Code::Module),
            Form::Component => Component::deserialize(engine, code).map(Code::Component),
        }
    };
    code.ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const WASM: &[u8] = b"\0asm\x01\0\0\0";

    fn files(folder: &Path) -> Vec<PathBuf> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn a_module_is_kept_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("cache");
        let cache = Cache::open(&folder).unwrap();
        let engine = Engine::default();
        cache.keep(&Module::new(&engine, WASM).unwrap(), &[WASM]);
        let path = cache.path(&engine, &[WASM]);
        assert_eq!(files(&folder), std::slice::from_ref(&path));
        assert!(load(&engine, &path, Form::Module).is_some());
    }

    #[test]
    fn a_component_is_kept_and_found_again() {
        const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(&folder.path().join("cache")).unwrap();
        let engine = Engine::default();
        cache.keep(&Component::new(&engine, COMPONENT).unwrap(), &[COMPONENT]);
        assert!(cache.find::<Component>(&engine, &[COMPONENT]).is_some());
        assert!(cache.find::<Module>(&engine, &[COMPONENT]).is_none());
    }

    #[test]
    fn a_damaged_file_is_compiled_anew() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("cache");
        let cache = Cache::open(&folder).unwrap();
        let engine = Engine::default();
        cache.keep(&Module::new(&engine, WASM).unwrap(), &[WASM]);
        let path = cache.path(&engine, &[WASM]);
        let whole = fs::read(&path).unwrap();
        for at in [0, 40, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(&path, &damaged).unwrap();
            assert!(load(&engine, &path, Form::Module).is_none(), "byte {at}");
        }
        fs::write(&path, &whole[..20]).unwrap();
        assert!(load(&engine, &path, Form::Module).is_none());
        cache.keep(&Module::new(&engine, WASM).unwrap(), &[WASM]);
        assert_eq!(fs::read(&path).unwrap(), whole);
    }

    #[test]
    fn a_folder_that_others_may_write_to_is_not_trusted() {
        let folder = tempfile::tempdir().unwrap();
        for mode in [0o770, 0o707, 0o750] {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
            assert!(Cache::open(folder.path()).is_none(), "{mode:o}");
        }
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        assert!(Cache::open(folder.path()).is_some());
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path(), &link).unwrap();
        assert!(Cache::open(&link).is_none());
    }
}
