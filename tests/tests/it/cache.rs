//! Compiled components on disk: reused if they are intact, and only in a directory that no other
//! user can write.
#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use expect_test::expect;
use http_step_host::{Cache, CacheError, Cached, Compiler, Host, Job, Outcome, Policy};
use http_step_tests::{Guest, bomb, crowd, step_file};
use tempfile::TempDir;

fn host(cache: Cache) -> Host {
    Host::builder()
        .concurrency(1)
        .compiler(Compiler::in_process().cache(cache))
        .build()
        .unwrap()
}

fn compile(host: &Host, wasm: &[u8]) -> Cached {
    host.compile(wasm).map(|compiled| compiled.cached).unwrap()
}

fn put(host: &Host, wasm: &[u8]) -> PathBuf {
    match compile(host, wasm) {
        Cached::Put(path) => path,
        other => panic!("it is {other:?}"),
    }
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn names(directory: &Path) -> usize {
    fs::read_dir(directory).unwrap().count()
}

#[test]
fn compiled_components_are_reused() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("to/be/made");
    let wasm = Guest::Smallest.wasm();
    let file = put(&host(Cache::at(&path).unwrap()), &wasm);
    assert_eq!(file.parent(), Some(path.as_path()));
    assert_eq!((mode(&path), mode(&file), names(&path)), (0o700, 0o600, 1));

    // By another host, compiled in a child process or not.
    let other = host(Cache::at(&path).unwrap());
    assert_eq!(compile(&other, &wasm), Cached::Found(file.clone()));
    assert!(other.load(&wasm).is_ok());
    let child = Compiler::child(env!("CARGO_BIN_EXE_compiler"), [""; 0]);
    let child = Host::builder()
        .concurrency(1)
        .compiler(child.cache(Cache::at(&path).unwrap()))
        .build()
        .unwrap();
    assert_eq!(compile(&child, &wasm), Cached::Found(file.clone()));
    let kept = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    assert_eq!(compile(&child, &wasm), Cached::Put(file.clone()));
    assert_eq!(fs::read(&file).unwrap(), kept);
}

#[tokio::test]
async fn a_found_entry_runs_after_its_file_is_replaced() {
    let directory = TempDir::new().unwrap();
    let wasm = Guest::Smallest.wasm();
    let file = put(&host(Cache::at(directory.path()).unwrap()), &wasm);
    let host = host(Cache::at(directory.path()).unwrap());
    let compiled = host.compile(&wasm).unwrap();
    assert_eq!(compiled.cached, Cached::Found(file.clone()));
    if cfg!(target_os = "linux") {
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let name = file.to_str().unwrap();
        assert!(maps.contains(name), "it was copied: {maps}");
    }
    // As a cache writes: another file replaces it.
    let other = directory.path().join("other");
    fs::write(&other, "else").unwrap();
    fs::rename(&other, &file).unwrap();
    let step = compiled.step.unwrap();
    let job = Job::new(step_file("get: http://a.test/"), Policy::nothing());
    let result = host.run(&step, job).await;
    assert_eq!(
        (result.outcome, result.summary.as_str()),
        (Outcome::Success, "Done")
    );
}

#[test]
fn damaged_entries_are_compiled_again() {
    let directory = TempDir::new().unwrap();
    let cache = directory.path().join("cache");
    let host = host(Cache::at(&cache).unwrap());
    let wasm = Guest::Smallest.wasm();
    let file = put(&host, &wasm);
    let right = fs::read(&file).unwrap();
    let other = fs::read(put(&host, &Guest::Spins.wasm())).unwrap();
    let last = right.len() - 1;

    let change = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = right.clone();
        change(&mut bytes);
        fs::write(&file, bytes).unwrap();
    };
    let spoil: [(&str, &dyn Fn()); 12] = [
        ("its format", &|| change(&|bytes| bytes[0] ^= 1)),
        ("its engine", &|| change(&|bytes| bytes[48] ^= 1)),
        ("its length", &|| change(&|bytes| bytes[112] ^= 1)),
        ("its last byte", &|| change(&|bytes| bytes[last] ^= 0x80)),
        ("cut", &|| change(&|bytes| bytes.truncate(last))),
        ("longer", &|| change(&|bytes| bytes.push(0))),
        ("empty", &|| change(&Vec::clear)),
        ("by hand", &|| fs::write(&file, "\x7fELF").unwrap()),
        ("another's", &|| fs::write(&file, &other).unwrap()),
        ("to be read by others", &|| chmod(&file, 0o644)),
        ("a link", &|| {
            let elsewhere = directory.path().join("elsewhere");
            fs::copy(&file, &elsewhere).unwrap();
            fs::remove_file(&file).unwrap();
            symlink(elsewhere, &file).unwrap();
        }),
        ("not there", &|| fs::remove_file(&file).unwrap()),
    ];
    for (name, spoil) in spoil {
        assert_eq!(compile(&host, &wasm), Cached::Found(file.clone()), "{name}");
        spoil();
        assert_eq!(compile(&host, &wasm), Cached::Put(file.clone()), "{name}");
        assert!(fs::read(&file).unwrap() == right, "{name}");
        assert!(fs::symlink_metadata(&file).unwrap().is_file(), "{name}");
        assert_eq!((mode(&file), names(&cache)), (0o600, 2), "{name}");
    }
    // A file can't replace a directory.
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert_eq!(
        compile(&host, &wasm),
        Cached::Failed(CacheError::Unusable {
            path: cache,
            reason: "Is a directory (os error 21)".to_owned()
        })
    );
}

#[test]
fn invalid_components_are_not_cached() {
    let directory = TempDir::new().unwrap();
    let host = host(Cache::at(directory.path()).unwrap());
    assert!(host.compile(b"\0asm\x0d\0\x01\0\xff").is_err());
    // It compiles, and can't be loaded.
    assert!(host.compile(&crowd(17)).is_err());
    assert_eq!(names(directory.path()), 0);
}

#[test]
fn a_directory_that_others_can_write() {
    let directory = TempDir::new().unwrap();
    let at = |name: &str| directory.path().join(name);
    let make = |name: &str, mode| {
        fs::create_dir(at(name)).unwrap();
        chmod(&at(name), mode);
    };
    make("group", 0o770);
    make("world", 0o707);
    make("sticky", 0o1777);
    make("open", 0o777);
    make("open/private", 0o700);
    make("private", 0o755);
    symlink(at("private"), at("link")).unwrap();
    symlink(at("open/private"), at("to-private")).unwrap();
    fs::write(at("file"), "").unwrap();

    let mut report = String::new();
    for name in [
        "group",
        "world",
        "sticky",
        "open/private",
        "open/new",
        "sticky/new",
        "link",
        "link/new",
        "to-private/new",
        "file",
        "file/new",
    ] {
        let result = match Cache::at(at(name)) {
            Ok(cache) => format!("a cache in {}", cache.path().display()),
            Err(error) => error.to_string(),
        };
        report += &format!("{name}: {result}\n");
    }
    let report = report.replace(directory.path().to_str().unwrap(), "DIR");
    expect![[r#"
        group: DIR/group: others can write it; `chmod go-w` it, and remove what is in it
        world: DIR/world: others can write it; `chmod go-w` it, and remove what is in it
        sticky: DIR/sticky: others can write it; `chmod go-w` it, and remove what is in it
        open/private: DIR/open: others can write it; `chmod go-w` it
        open/new: DIR/open: others can write it; `chmod go-w` it
        sticky/new: a cache in DIR/sticky/new
        link: DIR/link: it is a symbolic link; name the directory that it leads to
        link/new: a cache in DIR/link/new
        to-private/new: DIR/open: others can write it; `chmod go-w` it
        file: DIR/file: it is not a directory
        file/new: DIR/file/new: Not a directory (os error 20)
    "#]]
    .assert_eq(&report);
}

#[test]
fn a_directory_of_another_user() {
    let directory = TempDir::new().unwrap();
    let mut path = directory.path().to_owned();
    // Only root can give one away; other users have the directories of root.
    if chown(&path, Some(1), None).is_err() {
        path = PathBuf::from("/usr");
    }
    let why = |path: &Path| match Cache::at(path) {
        Err(CacheError::NotPrivate { why, .. }) => why,
        other => panic!("{other:?}"),
    };
    expect!["it belongs to another user; name a directory of your own"].assert_eq(&why(&path));
    if path == directory.path() {
        fs::create_dir(path.join("own")).unwrap();
        expect!["it belongs to another user, who can put anything there"]
            .assert_eq(&why(&path.join("own")));
    }
}

#[test]
fn a_directory_that_others_can_write_later() {
    let directory = TempDir::new().unwrap();
    let host = host(Cache::at(directory.path()).unwrap());
    let wasm = Guest::Smallest.wasm();
    let file = put(&host, &wasm);
    chmod(directory.path(), 0o777);
    match compile(&host, &wasm) {
        Cached::Failed(CacheError::NotPrivate { path, .. }) => assert_eq!(path, directory.path()),
        other => panic!("it is {other:?}"),
    }
    chmod(directory.path(), 0o700);
    assert_eq!(compile(&host, &wasm), Cached::Found(file));
}

#[test]
fn the_least_recently_used_entry_is_removed_first() {
    let directory = TempDir::new().unwrap();
    let cache = || Cache::at(directory.path()).unwrap();
    let roomy = host(cache());
    let [first, second, third] = [bomb(1, 1), bomb(1, 2), bomb(1, 3)];
    let used = |file: &Path, hours: u64| {
        let then = SystemTime::now() - Duration::from_secs(hours * 3600);
        fs::File::open(file).unwrap().set_modified(then).unwrap();
    };
    let files = [put(&roomy, &first), put(&roomy, &second)];
    used(&files[0], 2);
    used(&files[1], 1);
    // A file that does not belong to the cache.
    let foreign = directory.path().join("README");
    fs::write(&foreign, "").unwrap();
    used(&foreign, 9);
    // A hit makes an entry the most recent.
    assert_eq!(compile(&roomy, &first), Cached::Found(files[0].clone()));

    let size = fs::metadata(&files[0]).unwrap().len();
    let latest = put(&host(cache().capacity(size * 5 / 2)), &third);
    let left = [&files[0], &files[1], &latest, &foreign].map(|file| file.exists());
    assert_eq!(left, [true, false, true, true]);

    // A new entry stays, however little room there is.
    let latest = put(&host(cache().capacity(0)), &second);
    assert!(latest.exists());
    assert_eq!(names(directory.path()), 2);
}

#[test]
fn concurrent_writers_do_not_disturb_each_other() {
    let directory = TempDir::new().unwrap();
    // Another process may be writing these; one whose draft is this old must be dead.
    let draft = |name: &str, minutes: u64| {
        let path = directory.path().join(name);
        fs::write(&path, [0; 1024]).unwrap();
        let then = SystemTime::now() - Duration::from_secs(minutes * 60);
        fs::File::open(&path).unwrap().set_modified(then).unwrap();
        path
    };
    let drafts = [0, 59, 61].map(|minutes| draft(&format!(".{minutes}.artefact"), minutes));
    // In another container, a process may have this number and have counted as far.
    for count in 0..100 {
        draft(&format!(".{}-{count}.artefact", std::process::id()), 0);
    }

    let room = |bytes| host(Cache::at(directory.path()).unwrap().capacity(bytes));
    let left = || [0, 1, 2].map(|index: usize| drafts[index].exists());
    let first = put(&room(1 << 20), &bomb(1, 1));
    assert_eq!(left(), [true, true, false]);
    // They take no room from complete entries.
    let size = fs::metadata(&first).unwrap().len();
    let second = put(&room(size * 5 / 2), &bomb(1, 2));
    assert!(
        size < 100 * 1024,
        "with their size it would be one too many"
    );
    assert!(first.exists());
    // However little room there is.
    let third = put(&room(0), &bomb(1, 3));
    assert_eq!(left(), [true, true, false]);
    let left = [first, second, third].map(|file| file.exists());
    assert_eq!(left, [false, false, true]);
    assert_eq!(names(directory.path()), 2 + 100 + 1);
}
