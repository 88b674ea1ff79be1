use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn ints(key: &str, n: i64) -> Axis {
    Axis::range(key, &Value::Int(0), &Value::Int(n - 1), &Value::Int(1)).unwrap()
}

fn space(counts: &[i64], constraints: &[&str], method: Method) -> Result<Space, SpaceError> {
    let axes = counts.iter().zip('a'..).map(|(n, key)| ints(&key.to_string(), *n)).collect();
    let constraints: Vec<String> = constraints.iter().map(|c| (*c).to_owned()).collect();
    Space::new(axes, &constraints, method)
}

fn shown(sets: &Sets) -> Vec<String> {
    sets.iter().map(|s| s.to_string()).collect()
}

#[test]
fn the_last_axis_is_fastest() {
    let sets = space(&[2, 3], &[], Method::Grid).unwrap().sets().unwrap();
    assert_eq!(shown(&sets)[..4], ["a=0 b=0", "a=0 b=1", "a=0 b=2", "a=1 b=0"]);
    assert_eq!((sets.level(3, 0), sets.level(3, 1), sets.level(3, 2)), (Some(1), Some(0), None));
    assert_eq!((sets.level(6, 0), sets.position(5, 1)), (None, Some(2.0)));
    assert_eq!(sets.get(6), None);
}

#[test]
fn what_cannot_be_searched_is_refused() {
    let said = |counts: &[i64], constraints: &[&str]| {
        let space = space(counts, constraints, Method::Grid);
        space.and_then(|s| s.sets()).map(|s| s.len()).unwrap_err().to_string()
    };
    assert!(said(&[10_001, 10_000], &[]).contains("100010000 combinations, more than 100000000"));
    let all = said(&[2, 2], &["a > b", "b > a"]);
    assert_eq!(all, "no set is left: the constraints exclude all 4 that were looked at");
    assert!(said(&[], &[]).contains("[[sweep.axis]]"));
    let divided = said(&[2, 2], &["a / b > 1"]);
    assert!(divided.contains("column 3: it divides by zero"), "{divided}");
    assert!(divided.ends_with("at a=0 b=0"), "{divided}");
    let twice = Space::new(vec![ints("a", 1), ints("a", 2)], &[], Method::Grid);
    assert!(twice.unwrap_err().to_string().contains("axis a: it is there twice"));
    let any = Axis::continuous("c", &Value::Int(0), &Value::Int(1), 2, Spacing::Linear).unwrap();
    let grid = Space::new(vec![any], &[], Method::Grid);
    assert!(grid.unwrap_err().to_string().contains("a grid needs step"));
}

#[test]
fn random_sets_are_distinct_and_a_shorter_search_begins_a_longer_one() {
    let drawn = |sets, seed| {
        let method = Method::Random { sets, seed };
        space(&[6, 5, 4], &["a != b"], method).unwrap().sets().unwrap()
    };
    let (short, long) = (drawn(20, 3), drawn(80, 3));
    assert_eq!(shown(&short)[..], shown(&long)[..20]);
    assert_eq!(shown(&long).into_iter().collect::<BTreeSet<_>>().len(), 80);
    assert!(long.excluded() > 0 && long.repeated() > 0);
    assert_ne!(shown(&short), shown(&drawn(20, 4)));
    // 120 combinations, 100 of them allowed: some asked for are not there.
    let (most, all) = (drawn(110, 3), drawn(500, 3));
    assert_eq!((most.len(), most.asked()), (100, 110));
    assert_eq!((all.len(), all.asked(), all.excluded()), (100, 500, 20));
}

#[test]
fn a_million_sets_are_soon_there() {
    let grid = space(&[100, 100, 100], &["a <= b"], Method::Grid).unwrap().sets().unwrap();
    assert_eq!(grid.len(), 505_000);
    let method = Method::Random { sets: 200_000, seed: 1 };
    assert_eq!(space(&[1000, 1000, 1000], &[], method).unwrap().sets().unwrap().len(), 200_000);
}

#[test]
fn sets_found_elsewhere_are_checked() {
    let space = space(&[3, 3], &["a < b"], Method::Grid).unwrap();
    let set = |pairs: &[(&str, i64)]| {
        let map = pairs.iter().map(|(k, v)| ((*k).to_owned(), Value::Int(*v))).collect();
        space.set(7, &map).map(|s| s.to_string()).map_err(|e| e.to_string())
    };
    assert_eq!(set(&[("b", 2), ("a", 1)]), Ok("a=1 b=2".to_owned()));
    for (pairs, words) in [
        (vec![("a", 1)], "b: the set has no value for it"),
        (vec![("a", 1), ("b", 3)], "b: 3 is not in 0 to 2 in steps of 1"),
        (vec![("a", 1), ("b", 2), ("bb", 2)], "bb: no axis has this key; did you mean `b`?"),
        (vec![("a", 2), ("b", 2)], "the set is excluded by the constraint `a < b`"),
    ] {
        assert_eq!(set(&pairs), Err(words.to_owned()));
    }
}

proptest! {
    #[test]
    fn constraints_keep_what_brute_force_keeps(a in 1_i64..9, b in 1_i64..9, c in 1_i64..9) {
        let kept = |a: i64, b: i64, c: i64| a < b + c && (c == 0 || b * 2 >= a - c);
        let mut wanted = Vec::new();
        for x in 0..a { for y in 0..b { for z in 0..c {
            if kept(x, y, z) { wanted.push(format!("a={x} b={y} c={z}")); }
        } } }
        let text = ["a < b + c", "c == 0 or b * 2 >= a - c"];
        let sets = space(&[a, b, c], &text, Method::Grid).unwrap().sets();
        match sets {
            Ok(sets) => {
                prop_assert_eq!(sets.excluded() as usize, (a * b * c) as usize - wanted.len());
                prop_assert_eq!(shown(&sets), wanted);
            }
            Err(e) => prop_assert!(wanted.is_empty(), "{}", e),
        }
    }

    #[test]
    fn grids_are_numbered_one_to_one(counts in prop::collection::vec(1_i64..7, 1..5)) {
        let space = space(&counts, &[], Method::Grid).unwrap();
        let sets = space.sets().unwrap();
        let total: i64 = counts.iter().product();
        prop_assert_eq!(sets.len(), total as usize);
        for i in 0..sets.len() {
            let flat = (0..counts.len())
                .fold(0, |flat, axis| flat * counts[axis] as usize + sets.level(i, axis).unwrap());
            prop_assert_eq!(flat, i);
        }
    }

    #[test]
    fn latin_takes_each_stratum_once(sets in 1_u32..60, few in 1_i64..20, seed: u64) {
        let axes = vec![
            Axis::continuous("x", &Value::Int(0), &Value::Int(9), 6, Spacing::Linear).unwrap(),
            ints("few", few),
            ints("many", 1000),
        ];
        let space = Space::new(axes, &[], Method::Latin { sets, seed }).unwrap();
        let drawn = space.sets().unwrap();
        prop_assert_eq!(drawn.len(), sets as usize);
        let n = u64::from(sets);
        // A number's stratum, from the share of the axis that lies before it.
        let mut strata: Vec<u64> = drawn
            .iter()
            .map(|s| (u64::from(space.axes()[0].level_of(&s.values()[0]).unwrap()) * n + n - 1) / 9_000_001)
            .collect();
        strata.sort_unstable();
        prop_assert_eq!(strata, (0..n).collect::<Vec<_>>());
        let mut shares = vec![0_i64; few as usize];
        for i in 0..drawn.len() { shares[drawn.level(i, 1).unwrap()] += 1; }
        if few <= i64::from(sets) {
            let even = i64::from(sets) / few;
            prop_assert!(shares.iter().all(|s| (s - even).abs() <= 1), "{:?}", shares);
        } else {
            prop_assert!(shares.iter().all(|s| *s <= 1));
        }
        prop_assert_eq!(shown(&space.sets().unwrap()), shown(&drawn));
    }
}
