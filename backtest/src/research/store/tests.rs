use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use rayon::prelude::*;
use tempfile::TempDir;

use super::header::Head;
use super::sets::failed_path;
use super::*;
use crate::folder::Identity;

const TOTAL: u64 = 60;

fn header() -> StoreHeader {
    let columns = ["trades", "sharpe", "net"].map(str::to_owned).to_vec();
    StoreHeader::new(Identity([7; 32]), TOTAL, columns).unwrap().with_blocks()
}

fn figures(set: u64) -> Figures {
    let x = set as f64;
    let sharpe = (!set.is_multiple_of(5)).then_some(x / 7.0);
    Figures {
        trade_hash: set.wrapping_mul(0x9e37_79b9_7f4a_7c15),
        values: vec![Some(x), sharpe, Some(-x * 1e-9)],
        blocks: Some(Box::new(BlockSums {
            sums: std::array::from_fn(|b| x + b as f64),
            squares: std::array::from_fn(|b| x * b as f64),
        })),
    }
}

fn fails(set: u64) -> bool {
    set % 7 == 3
}

fn put(store: &Store, set: u64) {
    if fails(set) {
        store.put_failed(set, &format!("fast \"{set}\" is not\nbelow slow")).unwrap();
    } else {
        store.put(set, &figures(set)).unwrap();
    }
}

fn finish(mut store: Store, path: &Path) -> [Vec<u8>; 2] {
    for set in store.missing().collect::<Vec<_>>() {
        put(&store, set);
    }
    store.finish().unwrap();
    bytes(path)
}

fn bytes(path: &Path) -> [Vec<u8>; 2] {
    [fs::read(path).unwrap(), fs::read(failed_path(path)).unwrap()]
}

fn one_run() -> [Vec<u8>; 2] {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sets.bin");
    finish(Store::create(&path, header()).unwrap(), &path)
}

fn shard_file(dir: &Path, shard: Shard) -> PathBuf {
    let path = dir.join(format!("{}-{}.bin", shard.number(), shard.of()));
    let store = Store::create(&path, header().with_shard(shard)).unwrap();
    finish(store, &path);
    path
}

#[test]
fn what_was_put_is_read_back_and_the_rest_is_missing() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sets.bin");
    let store = Store::create(&path, header()).unwrap();
    for set in [0, 3, 58] {
        put(&store, set);
    }
    for store in [&store, &Store::open(&path).unwrap()] {
        assert_eq!(store.count(), 3);
        assert_eq!(store.get(0).unwrap(), Some(SetRecord::Done(figures(0))));
        assert_eq!(store.get(3).unwrap(), Some(SetRecord::Failed));
        assert_eq!(store.get(4).unwrap(), None);
        assert_eq!(store.get(TOTAL).unwrap(), None);
        let sets: Vec<u64> = store.records().map(|r| r.unwrap().0).collect();
        assert_eq!(sets, [0, 3, 58]);
        assert_eq!(store.missing().count(), 57);
        let failures: Vec<_> = store.failures().unwrap().map(|f| f.unwrap()).collect();
        let why = "fast \"3\" is not below slow".to_owned();
        assert_eq!(failures, [Failure { set: 3, why }]);
    }
    assert_eq!(Store::open(&path).unwrap().header(), &header());
}

#[test]
fn threads_and_order_leave_no_trace() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sets.bin");
    let mut store = Store::create(&path, header()).unwrap();
    (0..TOTAL).into_par_iter().for_each(|set| put(&store, set));
    assert!(store.is_complete());
    store.finish().unwrap();
    assert_eq!(bytes(&path), one_run());
}

#[test]
fn values_that_are_not_finite_are_none() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sets.bin");
    let store = Store::create(&path, header()).unwrap();
    let values = vec![Some(f64::NAN), Some(f64::INFINITY), Some(-0.0)];
    store.put(1, &Figures { values, ..figures(1) }).unwrap();
    let Some(SetRecord::Done(found)) = store.get(1).unwrap() else { panic!("it is there") };
    assert_eq!(found.values[..2], [None, None]);
    assert_eq!(found.values[2].map(f64::to_bits), Some((-0.0_f64).to_bits()));
}

#[test]
fn what_does_not_fit_is_refused() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sets.bin");
    let shard = Shard::new(2, 3).unwrap();
    let store = Store::create(&path, header().with_shard(shard)).unwrap();
    for set in [19, 40, TOTAL, u64::MAX] {
        assert!(matches!(store.put(set, &figures(1)), Err(StoreError::Misfit { .. })), "{set}");
        assert!(matches!(store.put_failed(set, ""), Err(StoreError::Misfit { .. })), "{set}");
    }
    let bare = Figures { blocks: None, ..figures(20) };
    assert!(store.put(20, &Figures { values: vec![], ..figures(20) }).is_err());
    assert_eq!(store.count(), 0);
    store.put(20, &bare).unwrap();
    assert_eq!(store.get(20).unwrap(), Some(SetRecord::Done(bare)));
    let without = StoreHeader::new(Identity([7; 32]), TOTAL, header().columns().to_vec()).unwrap();
    let without = Store::create(&dir.path().join("bare.bin"), without).unwrap();
    assert!(without.put(20, &figures(20)).is_err());
    let reader = Store::open(&path).unwrap();
    assert!(reader.put(20, &figures(20)).unwrap_err().to_string().contains("reading only"));
}

#[test]
fn a_file_of_another_search_is_refused_with_words() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sets.bin");
    put(&Store::create(&path, header()).unwrap(), 0);
    let columns = header().columns().to_vec();
    let named = |identity, total, columns| {
        StoreHeader::new(Identity([identity; 32]), total, columns).unwrap().with_blocks()
    };
    let others = [
        (named(8, TOTAL, columns.clone()), "the identity"),
        (named(7, TOTAL + 1, columns.clone()), "the number of sets"),
        (named(7, TOTAL, vec!["a".to_owned()]), "the list of columns"),
        (header().with_shard(Shard::new(1, 2).unwrap()), "the shard is 1/1 there and 1/2 here"),
        (StoreHeader::new(Identity([7; 32]), TOTAL, columns).unwrap(), "the size of a record"),
    ];
    for (other, words) in others {
        let error = Store::open_or_resume(&path, other).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("--out"), "{error}");
    }
    assert!(matches!(Store::create(&path, header()), Err(StoreError::Exists(_))));
    assert_eq!(Store::open_or_resume(&path, header()).unwrap().count(), 1);
}

#[test]
fn two_processes_do_not_write_one_file() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sets.bin");
    let store = Store::create(&path, header()).unwrap();
    assert!(matches!(Store::open_or_resume(&path, header()), Err(StoreError::Busy(_))));
    drop(store);
    Store::open_or_resume(&path, header()).unwrap();
}

#[test]
fn a_file_cut_at_any_byte_is_resumed_to_the_same_bytes() {
    let whole = one_run();
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sets.bin");
    let cuts = (0..whole[0].len()).step_by(97).chain([0, 5, 16, whole[0].len() - 1]);
    for cut in cuts {
        fs::write(&path, &whole[0][..cut]).unwrap();
        fs::write(failed_path(&path), &whole[1]).unwrap();
        let store = Store::open_or_resume(&path, header()).unwrap();
        assert!(!store.is_complete(), "{cut}");
        assert_eq!(finish(store, &path), whole, "cut at {cut}");
    }
    fs::write(&path, [&whole[0][..], b"more"].concat()).unwrap();
    assert_eq!(finish(Store::open_or_resume(&path, header()).unwrap(), &path), whole);
}

#[test]
fn words_cut_at_any_byte_are_found_again() {
    let whole = one_run();
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sets.bin");
    for cut in 0..whole[1].len() {
        fs::write(&path, &whole[0]).unwrap();
        fs::write(failed_path(&path), &whole[1][..cut]).unwrap();
        let store = Store::open_or_resume(&path, header()).unwrap();
        assert_eq!(finish(store, &path), whole, "cut at {cut}");
    }
    fs::remove_file(failed_path(&path)).unwrap();
    let store = Store::open_or_resume(&path, header()).unwrap();
    assert!(store.missing().all(fails) && !store.is_complete());
    assert_eq!(finish(store, &path), whole);
}

#[test]
fn a_set_written_in_the_place_of_another_is_missing() {
    let whole = one_run();
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sets.bin");
    let size = Head::sets(&header()).bytes;
    let start = whole[0].len() - TOTAL as usize * size;
    let mut moved = whole.clone();
    moved[0].copy_within(start + size..start + 2 * size, start);
    fs::write(&path, &moved[0]).unwrap();
    fs::write(failed_path(&path), &moved[1]).unwrap();
    assert_eq!(Store::open(&path).unwrap().missing().collect::<Vec<_>>(), [0]);
}

#[test]
fn a_damaged_header_is_told_and_nothing_is_overwritten() {
    let whole = one_run();
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sets.bin");
    let start = whole[0].len() - TOTAL as usize * Head::sets(&header()).bytes;
    for at in 0..start {
        let mut flipped = whole[0].clone();
        flipped[at] ^= 1;
        fs::write(&path, &flipped).unwrap();
        for error in
            [Store::open(&path).unwrap_err(), Store::open_or_resume(&path, header()).unwrap_err()]
        {
            assert!(matches!(error, StoreError::Damaged { .. }), "byte {at}: {error}");
        }
        assert_eq!(fs::read(&path).unwrap(), flipped);
    }
}

#[test]
fn shards_of_one_cut_give_the_bytes_of_one_run() {
    let whole = one_run();
    for of in [1, 2, 7, 16, 100] {
        let dir = TempDir::new().unwrap();
        let shards = (1..=of).rev().map(|n| shard_file(dir.path(), Shard::new(n, of).unwrap()));
        let shards: Vec<PathBuf> = shards.collect();
        let out = dir.path().join("sets.bin");
        merge(&shards, &out).unwrap();
        assert_eq!(bytes(&out), whole, "{of} shards");
        assert!(matches!(merge(&shards, &out), Err(StoreError::Exists(_))));
        let left = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().path());
        assert_eq!(left.filter(|p| p.to_string_lossy().contains("partial")).count(), 0);
        assert_eq!(Store::open_or_resume(&out, header()).unwrap().count(), TOTAL);
    }
}

#[test]
fn shards_of_different_cuts_join_too() {
    let dir = TempDir::new().unwrap();
    let shards = [(1, 2), (3, 4), (7, 8), (8, 8)].map(|(n, of)| Shard::new(n, of).unwrap());
    let shards = shards.map(|shard| shard_file(dir.path(), shard));
    let out = dir.path().join("sets.bin");
    merge(&shards, &out).unwrap();
    assert_eq!(bytes(&out), one_run());
    let error = merge(&[shards[0].clone(), shards[2].clone()], &dir.path().join("b.bin"));
    let error = error.unwrap_err().to_string();
    assert!(error.contains("sets 30..45 are in no shard"), "{error}");
    assert!(error.contains("sets 52..60 are in no shard"), "{error}");
}

#[test]
fn what_is_missing_is_named() {
    let dir = TempDir::new().unwrap();
    let shard = |n| Shard::new(n, 6).unwrap();
    let mut shards = vec![shard_file(dir.path(), shard(1)), shard_file(dir.path(), shard(6))];
    let part = dir.path().join("part.bin");
    let store = Store::create(&part, header().with_shard(shard(4))).unwrap();
    put(&store, 31);
    shards.push(part.clone());
    let out = dir.path().join("sets.bin");
    let error = merge(&shards, &out).unwrap_err().to_string();
    for words in [
        "shard 2/6 (sets 10..20) is missing; run it with --shard 2/6",
        "shard 3/6 (sets 20..30) is missing",
        "shard 4/6 (sets 30..40, ",
        "has 9 unfinished sets; finish it with --resume",
        "shard 5/6 (sets 40..50) is missing",
    ] {
        assert!(error.contains(words), "{words}: {error}");
    }
    assert!(!out.exists());
    shards.push(shards[0].clone());
    assert!(matches!(merge(&shards, &out), Err(StoreError::Overlap { set: 0, .. })));
    assert!(matches!(merge(&[], &out), Err(StoreError::NoShards)));
    let gone = dir.path().join("gone.bin");
    assert!(matches!(merge(&[gone], &out), Err(StoreError::Io { .. })));
    let foreign = dir.path().join("foreign.bin");
    let header = StoreHeader::new(Identity([1; 32]), TOTAL, header().columns().to_vec()).unwrap();
    drop(Store::create(&foreign, header.with_blocks()).unwrap());
    assert!(matches!(merge(&[part, foreign], &out), Err(StoreError::Other { .. })));
}

#[test]
fn an_unfinished_sweep_is_not_finished() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sets.bin");
    let mut store = Store::create(&path, header()).unwrap();
    put(&store, 1);
    let error = store.finish().unwrap_err().to_string();
    assert!(error.contains("59 of 60 sets are unfinished"), "{error}");
    put(&store, 2);
}

#[test]
fn a_search_without_sets_is_complete() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sets.bin");
    let header = StoreHeader::new(Identity([0; 32]), 0, vec![]).unwrap();
    let mut store = Store::create(&path, header.clone()).unwrap();
    assert_eq!(store.records().count(), 0);
    store.finish().unwrap();
    let out = dir.path().join("merged.bin");
    merge(std::slice::from_ref(&path), &out).unwrap();
    assert_eq!(bytes(&path), bytes(&out));
    let sample = ReturnsSample::create(&dir.path().join("returns.bin"), &header, 10).unwrap();
    assert!(sample.is_complete() && !sample.covers(0));
}

#[test]
fn a_header_that_cannot_be_is_refused() {
    let new = |total, columns: &[&str]| {
        let columns = columns.iter().map(|c| (*c).to_owned()).collect();
        StoreHeader::new(Identity([0; 32]), total, columns)
    };
    assert!(new(1 << 33, &[]).is_err());
    assert!(new(1, &["a", "b", "a"]).unwrap_err().to_string().contains("two columns are named a"));
    assert!(new(1, &["a", ""]).is_err());
}

#[cfg(unix)]
#[test]
fn an_unwritable_place_names_the_file_and_the_remedy() {
    let dir = TempDir::new().unwrap();
    let error = Store::create(&dir.path().join("none/sets.bin"), header()).unwrap_err();
    assert!(error.to_string().contains("sets.bin"), "{error}");
    let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
    let error = StoreError::io(Path::new("sets.bin"))(full).to_string();
    assert!(error.contains("free some space and go on with --resume"), "{error}");
    let closed = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    let error = StoreError::io(Path::new("sets.bin"))(closed).to_string();
    assert!(error.contains("make the folder writable"), "{error}");
}

#[test]
fn a_sample_is_resumed_and_merged_like_the_sets() {
    let days = StoreHeader::new(Identity([7; 32]), TOTAL, vec!["d1".to_owned(), "d2".to_owned()]);
    let days = days.unwrap();
    let returns = |set: u64| (!fails(set)).then(|| vec![set as f64, 0.5]);
    let fill = |sample: &ReturnsSample| {
        let wanted: Vec<u64> = sample.sets().filter(|s| sample.wants(*s)).collect();
        wanted.par_iter().for_each(|s| sample.put(*s, returns(*s).as_deref()).unwrap());
        assert!(sample.is_complete());
    };
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("returns.bin");
    let sample = ReturnsSample::create(&path, &days, 9).unwrap();
    assert!(sample.put(1, None).is_err() && sample.put(0, Some(&[1.0])).is_err());
    fill(&sample);
    let rows: Vec<_> = sample.rows().map(|r| r.unwrap()).collect();
    let sets = [0, 6, 13, 20, 26, 33, 40, 46, 53];
    assert_eq!(rows, sets.map(|s| (s, returns(s))));
    drop(sample);
    let whole = fs::read(&path).unwrap();
    for cut in (0..whole.len()).step_by(11) {
        fs::write(&path, &whole[..cut]).unwrap();
        let sample = ReturnsSample::open_or_resume(&path, &days, 9).unwrap();
        fill(&sample);
        drop(sample);
        assert_eq!(fs::read(&path).unwrap(), whole, "cut at {cut}");
    }
    assert!(ReturnsSample::open_or_resume(&path, &days, 8).is_err());
    let shards: Vec<PathBuf> = (1..=25)
        .map(|n| {
            let path = dir.path().join(format!("{n}.bin"));
            let shard = days.clone().with_shard(Shard::new(n, 25).unwrap());
            fill(&ReturnsSample::create(&path, &shard, 9).unwrap());
            path
        })
        .collect();
    let out = dir.path().join("merged.bin");
    ReturnsSample::merge(&shards, &out).unwrap();
    assert_eq!(fs::read(&out).unwrap(), whole);
    assert!(ReturnsSample::merge(&shards[1..], &dir.path().join("less.bin")).is_err());
    assert!(Store::open(&path).is_err() && merge(&[path], &dir.path().join("x.bin")).is_err());
}

fn value() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![Just(None), any::<f64>().prop_filter("finite", |v| v.is_finite()).prop_map(Some)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_figures_are_read_back(
        sets in proptest::collection::btree_map(
            0..TOTAL,
            (any::<u64>(), proptest::collection::vec(value(), 2), any::<f64>()),
            0..40,
        ),
        blocks in any::<bool>(),
    ) {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("sets.bin");
        let header = StoreHeader::new(
            Identity([1; 32]), TOTAL, vec!["a".to_owned(), "b".to_owned()],
        ).unwrap();
        let header = if blocks { header.with_blocks() } else { header };
        let given: BTreeMap<u64, Figures> = sets.into_iter().map(|(set, (trade_hash, values, s))| {
            let s = if s.is_nan() { 1.0 } else { s };
            let all = Box::new(BlockSums { sums: [s; BLOCKS], squares: [-s; BLOCKS] });
            (set, Figures { trade_hash, values, blocks: blocks.then_some(all) })
        }).collect();
        let store = Store::create(&path, header).unwrap();
        for (set, figures) in &given {
            store.put(*set, figures).unwrap();
        }
        let read: BTreeMap<u64, Figures> = Store::open(&path).unwrap().records().map(|r| {
            match r.unwrap() {
                (set, SetRecord::Done(figures)) => (set, figures),
                (set, SetRecord::Failed) => panic!("set {set} did not fail"),
            }
        }).collect();
        prop_assert_eq!(read, given);
    }

    #[test]
    fn any_flipped_byte_costs_its_own_set_and_no_other(seed in any::<u64>(), bit in 0..8_u32) {
        let whole = one_run();
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("sets.bin");
        let size = Head::sets(&header()).bytes;
        let start = whole[0].len() - TOTAL as usize * size;
        let at = start + (seed % (TOTAL * size as u64)) as usize;
        let mut flipped = whole[0].clone();
        flipped[at] ^= 1 << bit;
        fs::write(&path, &flipped).unwrap();
        fs::write(failed_path(&path), &whole[1]).unwrap();
        let store = Store::open_or_resume(&path, header()).unwrap();
        let missing: Vec<u64> = store.missing().collect();
        prop_assert_eq!(missing, vec![((at - start) / size) as u64]);
        prop_assert_eq!(finish(store, &path), whole);
    }

    #[test]
    fn any_cuts_and_orders_give_the_same_bytes(
        order in Just((0..TOTAL).collect::<Vec<_>>()).prop_shuffle(),
        cuts in proptest::collection::vec(1..30_usize, 0..6),
    ) {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("sets.bin");
        let mut sets = order.into_iter();
        for cut in cuts {
            let store = Store::open_or_resume(&path, header()).unwrap();
            sets.by_ref().take(cut).for_each(|set| put(&store, set));
        }
        let store = Store::open_or_resume(&path, header()).unwrap();
        prop_assert_eq!(finish(store, &path), one_run());
    }
}
