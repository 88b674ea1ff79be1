//! What a vault keeps, and what it refuses.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::credential::tests::credentials;
use super::*;

/// As little work as Argon2id allows.
const WEAK: Strength = Strength { memory_kib: 8, passes: 1, lanes: 1 };
const PASSPHRASE: &str = "a passphrase of the tests";

fn passphrase(text: &str) -> VaultKey {
    VaultKey::passphrase(text.into())
}

fn login(password: &str) -> Credential {
    Credential {
        email: "trader@example.com".to_owned(),
        password: password.into(),
        broker: Some("2".to_owned()),
        account: "950552".to_owned(),
    }
}

/// A vault with two accounts in a folder of its own.
fn two() -> (tempfile::TempDir, Vault) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.vault");
    let mut vault = Vault::create(&path, &passphrase(PASSPHRASE), WEAK).unwrap();
    vault.add("one", login("correct horse")).unwrap();
    vault.add("two", login("battery staple")).unwrap();
    (folder, vault)
}

fn open(path: &Path, text: &str) -> Result<Vault, String> {
    Vault::open(path, &passphrase(text)).map_err(|error| error.to_string())
}

fn shown(vault: &Vault) -> Vec<(String, bool, Credential)> {
    let entry = |(name, entry): (&str, &VaultEntry)| {
        (name.to_owned(), entry.enabled, entry.credential.clone())
    };
    vault.entries().map(entry).collect()
}

#[test]
fn what_is_added_is_there_after_opening() {
    let (_folder, mut vault) = two();
    vault.enable("two", false).unwrap();
    let again = open(&vault.path, PASSPHRASE).unwrap();
    assert!(shown(&again) == shown(&vault));
    assert_eq!(again.names().collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!(again.entry("two").map(|e| e.enabled), Some(false));
    assert_eq!(again.login("two").unwrap().password.expose_secret(), "battery staple");
    assert!(again.login("three").is_none());
    vault.replace("one", login("another")).unwrap();
    vault.remove("two").unwrap();
    let again = open(&vault.path, PASSPHRASE).unwrap();
    assert_eq!(again.names().collect::<Vec<_>>(), ["one"]);
    assert_eq!(again.login("one").unwrap().password.expose_secret(), "another");
}

#[test]
fn what_cannot_be_done_changes_nothing() {
    let (_folder, mut vault) = two();
    let before = fs::read(&vault.path).unwrap();
    let (a, b) = (login("password one"), login("password two"));
    let long = "n".repeat(65);
    let mut results = vec![
        (vault.add("one", a.clone()), "account one is in the vault already"),
        (vault.add("", a.clone()), "account name \"\": it is empty"),
        (vault.add(" a", a.clone()), "it begins or ends with a space"),
        (vault.add("a\nb", a.clone()), "account name \"a\\nb\": it has a control character"),
        (vault.add(&long, a.clone()), "it is over 64 bytes long"),
        (vault.add("three", login("")), "account three: password is empty"),
        (vault.replace("three", a.clone()), "account three is not in the vault; it has one, two"),
        (vault.remove("three"), "account three is not in the vault; it has one, two"),
        (vault.enable("three", true), "account three is not in the vault; it has one, two"),
    ];
    let some = vec![("three".to_owned(), a), ("two".to_owned(), b)];
    results.push((vault.add_all(some), "account two is in the vault already"));
    let short = passphrase("short");
    results.push((vault.rekey(&short, WEAK), "at least 12 characters"));
    for (result, words) in results {
        let error = result.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        assert!(!error.contains("password one"), "{error}");
    }
    assert_eq!(fs::read(&vault.path).unwrap(), before);
    assert_eq!(vault.names().count(), 2);
}

#[test]
fn a_wrong_key_is_told_from_everything_else() {
    let (folder, vault) = two();
    let path = &vault.path;
    let wrong = open(path, "another passphrase").unwrap_err();
    assert!(wrong.contains("the passphrase is not the one"), "{wrong}");
    let file = folder.path().join("key");
    let key = VaultKey::make_file(&file).unwrap();
    let kind = Vault::open(path, &key).unwrap_err().to_string();
    assert!(kind.contains("locked with a passphrase, and a key file was given"), "{kind}");
    assert!(Vault::wants_passphrase(path).unwrap());
    let other = folder.path().join("other.vault");
    Vault::create(&other, &key, Strength::DEFAULT).unwrap().add("a", login("password")).unwrap();
    assert!(!Vault::wants_passphrase(&other).unwrap());
    assert_eq!(Vault::open(&other, &key).unwrap().names().collect::<Vec<_>>(), ["a"]);
    let wrong = VaultKey::make_file(&folder.path().join("key2")).unwrap();
    let wrong = Vault::open(&other, &wrong).unwrap_err().to_string();
    assert!(wrong.contains("the key file is not the one"), "{wrong}");
    let kind = open(&other, PASSPHRASE).unwrap_err();
    assert!(kind.contains("locked with a key file, and a passphrase was given"), "{kind}");
    let missing = open(&folder.path().join("none"), PASSPHRASE).unwrap_err();
    assert!(missing.contains("there is no vault"), "{missing}");
    let exists = Vault::create(path, &passphrase(PASSPHRASE), WEAK).unwrap_err().to_string();
    assert!(exists.contains("there is a file already"), "{exists}");
}

#[test]
fn every_flipped_bit_is_refused() {
    let (_folder, vault) = two();
    let good = fs::read(&vault.path).unwrap();
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            fs::write(&vault.path, &bad).unwrap();
            let error = open(&vault.path, PASSPHRASE).unwrap_err();
            let wanted = match at {
                0..8 => "this is no vault",
                8..10 => "has format",
                10..14 if error.contains("cut short") => "put back a copy",
                _ => "is damaged or was tampered with (its sum is wrong)",
            };
            assert!(error.contains(wanted), "byte {at}, bit {bit}: {error}");
            assert!(!error.contains("horse"), "{error}");
        }
    }
}

#[test]
fn a_file_that_ends_too_early_is_refused() {
    let (_folder, vault) = two();
    let good = fs::read(&vault.path).unwrap();
    for length in 0..good.len() {
        fs::write(&vault.path, &good[..length]).unwrap();
        let error = open(&vault.path, PASSPHRASE).unwrap_err();
        let wanted = if length < 8 { "this is no vault" } else { "is cut short" };
        assert!(error.contains(wanted), "{length}: {error}");
    }
    let mut long = good;
    long.push(0);
    fs::write(&vault.path, &long).unwrap();
    assert!(open(&vault.path, PASSPHRASE).unwrap_err().contains("its sum is wrong"));
}

/// Puts the right SHA-256 at the end, as somebody would who tampers with the file.
fn summed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() - 32);
    let length = u32::try_from(bytes.len() + 32).unwrap();
    bytes[10..14].copy_from_slice(&length.to_le_bytes());
    let sum: [u8; 32] = Sha256::digest(&bytes).into();
    bytes.extend_from_slice(&sum);
    bytes
}

#[test]
fn who_mends_the_sum_gets_no_further() {
    let (_folder, vault) = two();
    let good = fs::read(&vault.path).unwrap();
    // Parameters of Argon2id are bytes 15 to 27: a large one would only take long.
    for at in (8..15).chain(27..good.len() - 32) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        let bad = summed(bad);
        if bad == good {
            continue;
        }
        fs::write(&vault.path, &bad).unwrap();
        let error = open(&vault.path, PASSPHRASE).unwrap_err();
        assert!(!error.contains("its sum is wrong"), "byte {at}: {error}");
    }
    let mut greedy = good;
    greedy[15..19].copy_from_slice(&u32::MAX.to_le_bytes());
    fs::write(&vault.path, summed(greedy)).unwrap();
    let error = open(&vault.path, PASSPHRASE).unwrap_err();
    assert!(error.contains("memory_kib = 4294967295 of Argon2id is outside"), "{error}");
}

#[test]
fn entries_cannot_be_swapped_left_out_or_taken_from_an_older_file() {
    let (_folder, mut vault) = two();
    let old = fs::read(&vault.path).unwrap();
    let start = 43 + 40 + 4;
    let entry = (old.len() - start - 40 - 32) / 2;
    let parts = |bytes: &[u8]| {
        let (head, rest) = bytes.split_at(start);
        let (one, rest) = rest.split_at(entry);
        let (two, rest) = rest.split_at(entry);
        [head, one, two, rest].map(<[u8]>::to_vec)
    };
    let [head, one, two, rest] = parts(&old);
    assert_eq!((&one[1..4], &two[1..4]), (&b"one"[..], &b"two"[..]));
    vault.replace("one", login("a newer one  ")).unwrap();
    let new = fs::read(&vault.path).unwrap();
    let [new_head, new_one, new_two, new_rest] = parts(&new);
    assert!(new_one != one && new_two != two, "every nonce is fresh");
    // The login of one under the name of two.
    let mut renamed = one.clone();
    renamed[1..4].copy_from_slice(b"two");
    let mut fewer = head.clone();
    fewer[start - 4] = 1;
    for parts in [
        [&head, &two, &one, &rest],
        [&head, &one, &renamed, &rest],
        [&fewer, &one, &Vec::new(), &rest],
        [&new_head, &one, &new_two, &new_rest],
        [&head, &new_one, &new_two, &new_rest],
    ] {
        fs::write(&vault.path, summed(parts.map(Vec::as_slice).concat())).unwrap();
        let error = open(&vault.path, PASSPHRASE).unwrap_err();
        assert!(error.contains("its seal is broken"), "{error}");
    }
    fs::write(&vault.path, &new).unwrap();
    assert!(open(&vault.path, PASSPHRASE).is_ok());
}

#[test]
fn another_key_locks_everything_anew() {
    let (folder, mut vault) = two();
    vault.enable("two", false).unwrap();
    let (path, before) = (vault.path.clone(), shown(&vault));
    vault.rekey(&passphrase("quite another passphrase"), WEAK).unwrap();
    assert!(open(&path, PASSPHRASE).unwrap_err().contains("the passphrase is not the one"));
    let mut again = open(&path, "quite another passphrase").unwrap();
    assert!(shown(&again) == before);
    let key = VaultKey::make_file(&folder.path().join("key")).unwrap();
    again.rekey(&key, WEAK).unwrap();
    // The vault goes on under its new key.
    again.add("three", login("three")).unwrap();
    assert_eq!(Vault::open(&path, &key).unwrap().names().count(), 3);
    let stale = vault.add("four", login("four")).unwrap_err().to_string();
    assert!(stale.contains("another program changed the vault meanwhile"), "{stale}");
}

#[test]
fn two_programs_lose_nothing_of_each_other() {
    let (_folder, mut vault) = two();
    let mut other = open(&vault.path, PASSPHRASE).unwrap();
    other.add("three", login("three")).unwrap();
    for result in [vault.add("four", login("4")), vault.remove("one"), vault.enable("one", false)] {
        assert!(matches!(result, Err(VaultError::Changed { .. })), "{result:?}");
    }
    assert_eq!(open(&vault.path, PASSPHRASE).unwrap().names().count(), 3);
}

#[cfg(unix)]
#[test]
fn a_vault_that_cannot_be_written_stays_whole() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, mut vault) = two();
    let before = fs::read(&vault.path).unwrap();
    assert_eq!(fs::metadata(&vault.path).unwrap().permissions().mode() & 0o777, 0o600);
    // A folder stands where the new file would.
    let blocked = disk::beside(&vault.path, ".new");
    fs::create_dir(&blocked).unwrap();
    let key = passphrase("quite another passphrase");
    for result in [vault.add("three", login("3")), vault.rekey(&key, WEAK)] {
        assert!(matches!(result, Err(VaultError::Io { .. })), "{result:?}");
    }
    assert_eq!(fs::read(&vault.path).unwrap(), before);
    fs::remove_dir(&blocked).unwrap();
    // And the vault in memory is still the old one.
    vault.add("three", login("3")).unwrap();
    assert_eq!(open(&vault.path, PASSPHRASE).unwrap().names().count(), 3);
}

#[test]
fn a_vault_of_the_default_strength_opens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v");
    Vault::create(&path, &passphrase(PASSPHRASE), Strength::DEFAULT).unwrap();
    let bytes = fs::read(&path).unwrap();
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    assert_eq!((number(15), number(19), number(23)), (65_536, 3, 4));
    assert!(open(&path, PASSPHRASE).is_ok());
}

proptest! {
    #[test]
    fn every_login_comes_back_and_none_stands_in_the_file(
        logins in proptest::collection::btree_map("[a-z]{1,8}", credentials(), 0..6),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v");
        let mut vault = Vault::create(&path, &passphrase(PASSPHRASE), WEAK).unwrap();
        vault.add_all(logins.clone().into_iter().collect()).unwrap();
        let bytes = fs::read(&path).unwrap();
        let again = Vault::open(&path, &passphrase(PASSPHRASE)).unwrap();
        prop_assert_eq!(again.names().count(), logins.len());
        let told = format!("{again:?} {:?}", again.entries().collect::<Vec<_>>());
        for (name, wanted) in &logins {
            prop_assert!(again.login(name).as_ref() == Some(wanted));
            let secrets = [wanted.password.expose_secret(), &wanted.email, &wanted.account];
            // Shorter ones stand in random bytes by chance.
            for secret in secrets.into_iter().filter(|s| s.len() > 4) {
                let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
                prop_assert!(!found, "{}", name);
            }
            let password = wanted.password.expose_secret();
            prop_assert!(password.len() < 5 || !told.contains(password));
        }
    }

    #[test]
    fn no_file_is_too_odd(
        bytes in proptest::collection::vec(any::<u8>(), 0..600),
        known in 0_usize..128,
    ) {
        // With a beginning that is right, and a sum that is too.
        static GOOD: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let good = GOOD.get_or_init(|| fs::read(&two().1.path).unwrap());
        let mut odd = good[..known].to_vec();
        odd.extend_from_slice(&bytes);
        let summed = (odd.len() > 46).then(|| summed(odd.clone()));
        for odd in summed.into_iter().chain([odd]) {
            let Ok(closed) = format::read(Path::new("odd"), &odd) else { continue };
            let key = VaultKey::passphrase(PASSPHRASE.into());
            let cipher = key.cipher(WEAK, &closed.header.salt).unwrap();
            prop_assert!(closed.unlock(&cipher).is_err());
        }
    }
}
