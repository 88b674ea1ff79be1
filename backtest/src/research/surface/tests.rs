use proptest::prelude::*;

use super::nearest::Tree;
use super::*;

fn axis(name: &str, count: usize) -> SurfaceAxis {
    SurfaceAxis {
        name: name.to_owned(),
        labels: (0..count).map(|i| i.to_string()).collect(),
        positions: Some((0..count).map(|i| i as f64).collect()),
    }
}

/// A whole grid in order, the last axis fastest.
fn points(sides: &[usize]) -> Vec<u32> {
    let mut out = Vec::new();
    for i in 0..sides.iter().product::<usize>() {
        let mut rest = i;
        let mut point: Vec<u32> = sides
            .iter()
            .rev()
            .map(|s| {
                let level = (rest % s) as u32;
                rest /= s;
                level
            })
            .collect();
        point.reverse();
        out.extend(point);
    }
    out
}

fn surface(sides: &[usize], f: impl Fn(&[u32]) -> f64) -> ParameterSurface {
    let axes = sides.iter().enumerate().map(|(i, s)| axis(&format!("p{i}"), *s)).collect();
    let levels = points(sides);
    let objective = levels.chunks(sides.len()).map(|p| Some(f(p))).collect();
    ParameterSurface::grid(axes, levels, objective, true).unwrap()
}

/// Small and without a pattern.
fn noise(p: &[u32]) -> f64 {
    let seed = p.iter().fold(7_u64, |h, l| (h ^ u64::from(*l)).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    (seed >> 40) as f64 / (1_u64 << 24) as f64
}

#[test]
fn a_paraboloid_is_a_plateau() {
    let square = |v: u32, at: f64| (f64::from(v) - at) * (f64::from(v) - at);
    let sets = surface(&[21, 21], |p| 100.0 - square(p[0], 12.0) - square(p[1], 8.0));
    let overview = sets.overview();
    let winner = overview.winner.unwrap();
    assert_eq!((winner.levels, winner.objective), (vec![12, 8], Some(100.0)));
    let plateau = overview.plateau.unwrap();
    assert_eq!((plateau.share, plateau.shape, plateau.neighbours), (1.0, PeakShape::Plateau, 8));
    let stable = overview.stable.unwrap();
    assert_eq!(stable.pick.levels, [12, 8]);
    assert_eq!(stable.pick.neighbourhood.median, Some(99.0));
    // A disc around the top: the box is as wide on both axes.
    let [(a, b), (c, d)] = stable.region.levels[..] else { panic!() };
    assert!(b - a == d - c && a + b == 24 && c + d == 16, "{:?}", stable.region);
    assert_eq!(overview.sensitivity[0].costs, [Some(0.01), Some(0.04), Some(0.09)]);
}

#[test]
fn a_spike_in_noise_is_seen_and_the_stable_region_is_elsewhere() {
    let hill = |p: &[u32]| p.iter().all(|l| (14..18).contains(l));
    let sets = surface(&[20, 20], |p| match p {
        [3, 4] => 50.0,
        p if hill(p) => 10.0 + noise(p),
        p => noise(p),
    });
    let overview = sets.overview();
    assert_eq!(overview.winner.as_ref().unwrap().levels, [3, 4]);
    let plateau = overview.plateau.unwrap();
    assert_eq!((plateau.share, plateau.shape), (0.0, PeakShape::Spike));
    let stable = overview.stable.unwrap();
    assert!(hill(&stable.pick.levels), "{stable:?}");
    assert_eq!((stable.region.sets, stable.region.levels), (16, vec![(14, 17), (14, 17)]));
    assert!(overview.sensitivity[0].costs[0].unwrap() > 0.97);
}

#[test]
fn a_ridge_is_a_slope_and_the_axis_across_it_has_the_influence() {
    let sets = surface(&[15, 15], |p| if p[0] == 7 { 10.0 + f64::from(p[1]) } else { 1.0 });
    let overview = sets.overview();
    assert_eq!(overview.influence[0].axis, 0);
    assert!(overview.influence[0].share.unwrap() > 0.9);
    assert!(overview.influence[1].share.unwrap() < 0.05);
    // The winner is at the end of the ridge: of five neighbours one is on it.
    let plateau = overview.plateau.unwrap();
    assert_eq!((plateau.share, plateau.neighbours, plateau.shape), (0.2, 5, PeakShape::Spike));
    assert_eq!(overview.sensitivity[1].costs[0], Some(1.0 / 24.0));
    assert_eq!(overview.sensitivity[0].costs[0], Some(23.0 / 24.0));
}

#[test]
fn lower_can_be_better_and_gaps_are_not_zeros() {
    let f = |v: f64| Some(v);
    let figures = vec![f(5.0), f(2.0), None, f(f64::NAN), f(3.0)];
    let sets =
        ParameterSurface::grid(vec![axis("a", 5)], (0..5).collect(), figures, false).unwrap();
    assert_eq!((sets.winner(), sets.median()), (Some(1), Some(3.0)));
    assert_eq!(sets.overview().defined, 3);
    // Around the third: 2, none, none; the median falls on a gap.
    let around = sets.neighbourhood(2);
    assert_eq!((around.sets, around.defined, around.median), (3, 1, None));
    assert_eq!(around.worst, Some(2.0));
    let nothing =
        ParameterSurface::grid(vec![axis("a", 2)], vec![0, 1], vec![None, None], true).unwrap();
    let overview = nothing.overview();
    assert_eq!((overview.winner, overview.plateau, overview.stable), (None, None, None));
    assert_eq!(overview.influence[0].share, None);
}

#[test]
fn names_have_no_order() {
    let mut kind = axis("kind", 3);
    kind.positions = None;
    let levels = points(&[3, 5]);
    let figures =
        levels.chunks(2).map(|p| Some(if p[0] == 1 { 10.0 } else { 0.0 } + f64::from(p[1])));
    let figures = figures.collect();
    let sets = ParameterSurface::grid(vec![kind, axis("a", 5)], levels, figures, true).unwrap();
    let winner = sets.winner().unwrap();
    assert_eq!(sets.levels(winner), [1, 4]);
    assert_eq!(sets.neighbours(winner), [8]);
    assert_eq!(sets.sensitivity()[0].costs, [Some(10.0 / 14.0), None, None]);
    assert_eq!(sets.stable().unwrap().region.levels[0], (1, 1));
}

#[test]
fn what_is_wrong_is_said() {
    let twice = ParameterSurface::grid(vec![axis("a", 2)], vec![1, 1], vec![None, None], true);
    assert_eq!(twice.unwrap_err(), SurfaceError::Twice { first: 0, second: 1 });
    let level = ParameterSurface::grid(vec![axis("a", 2)], vec![2], vec![None], true);
    assert_eq!(level.unwrap_err().to_string(), "set 0 is on level 2 of axis a, which has 2");
    let short = ParameterSurface::grid(vec![axis("a", 2)], vec![1], vec![None, None], true);
    assert!(matches!(short.unwrap_err(), SurfaceError::Length { got: 1, want: 2, .. }));
    let column = DrawnColumn { name: "x".into(), values: DrawnValues::Numbers(vec![f64::NAN]) };
    let not = ParameterSurface::drawn(vec![column], vec![None], true);
    assert_eq!(not.unwrap_err(), SurfaceError::NotANumber { axis: "x".into() });
    let wide: Vec<SurfaceAxis> = (0..10).map(|i| axis(&i.to_string(), 100)).collect();
    let wide = ParameterSurface::grid(wide, vec![], vec![], true);
    assert_eq!(wide.unwrap_err(), SurfaceError::TooWide);
    let none = ParameterSurface::grid(vec![], vec![], vec![Some(1.0)], true).unwrap();
    assert_eq!((none.winner(), none.plateau()), (Some(0), None));
}

#[test]
fn a_wide_grid_with_few_sets_is_searched() {
    let axes: Vec<SurfaceAxis> = (0..6).map(|i| axis(&i.to_string(), 40)).collect();
    let levels: Vec<u32> = (0..40).flat_map(|i| [i, 3, 3, 3, 3, 3]).collect();
    let figures: Vec<_> = (0..40).map(|i| Some(-f64::from((i - 20_i32).abs()))).collect();
    let sets = ParameterSurface::grid(axes, levels, figures, true).unwrap();
    assert_eq!(sets.neighbours(20), [19, 21]);
    // Around 19 as around 20 the median is -1: the first of equals.
    assert_eq!(sets.stable().unwrap().pick.set, 19);
}

#[test]
fn heat_maps_stay_bounded() {
    let sets = surface(&[100, 100], |p| f64::from(p[0] + p[1]));
    let map = &sets.heat_maps()[0];
    assert_eq!((map.columns.len(), map.rows.len(), map.cells.len()), (25, 25, 625));
    assert_eq!((map.columns[0].as_str(), map.winner), ("0 – 3", Some((24, 24))));
    assert_eq!(map.cells.iter().map(|c| c.sets).sum::<usize>(), 10_000);
    let many = surface(&[2; 9], |p| f64::from(p[4] * 8 + p[7] * 4) + noise(p));
    let maps = many.heat_maps();
    assert_eq!(maps.len(), 15);
    assert!(maps.iter().any(|m| (m.x, m.y) == (4, 7)));
}

#[test]
fn drawn_sets_have_neighbours_by_rank() {
    let count = 600_u32;
    let value = |i: u32, p: &[u32]| noise(&[i, p[0]]);
    let a: Vec<f64> = (0..count).map(|i| value(i, &[1])).collect();
    // By its logarithm: ranks do not care.
    let b: Vec<f64> = (0..count).map(|i| 10_f64.powf(4.0 * value(i, &[2]))).collect();
    let names = DrawnValues::Names {
        labels: vec!["up".into(), "down".into()],
        picked: (0..count).map(|i| i % 2).collect(),
    };
    let figures = (0..count as usize).map(|i| {
        let (x, y) = (a[i] - 0.6, b[i].log10() / 4.0 - 0.3);
        Some(if i % 2 == 0 { 1.0 } else { 0.2 } - x * x - y * y)
    });
    let figures = figures.collect();
    let column = |name: &str, values| DrawnColumn { name: name.into(), values };
    let columns = vec![
        column("a", DrawnValues::Numbers(a.clone())),
        column("b", DrawnValues::Numbers(b)),
        column("kind", names),
    ];
    let sets = ParameterSurface::drawn(columns, figures, true).unwrap();
    let overview = sets.overview();
    assert!(overview.drawn && overview.axes[0].labels.len() == BINS);
    let winner = overview.winner.unwrap().set;
    let near = sets.neighbours(winner);
    assert_eq!(near.len(), 6);
    assert!(near.iter().all(|s| s % 2 == 0 && (a[*s] - a[winner]).abs() < 0.2));
    assert_eq!(overview.plateau.unwrap().shape, PeakShape::Plateau);
    assert_eq!(overview.influence[0].axis, 2);
    assert!(overview.sensitivity[0].costs[0].unwrap() < 0.1);
    assert!(overview.heat_maps.iter().all(|m| m.cells.iter().all(|c| c.slice.is_none())));
    assert!(overview.heat_maps[0].columns.len() < BINS);
}

#[test]
fn a_million_sets() {
    let sides = [10_usize; 6];
    let sets = surface(&sides, |p| noise(p) - (f64::from(p[0]) - 4.0).abs());
    let overview = sets.overview();
    assert_eq!((overview.sets, overview.heat_maps.len()), (1_000_000, 15));
    assert_eq!(overview.stable.unwrap().pick.levels[0], 4);
}

fn brute_neighbours(sets: &ParameterSurface, set: usize) -> Vec<usize> {
    let near = |a: &[u32], b: &[u32]| a.iter().zip(b).all(|(a, b)| a.abs_diff(*b) <= 1);
    (0..sets.len()).filter(|o| *o != set && near(sets.levels(set), sets.levels(*o))).collect()
}

/// Lower median, gaps worst.
fn brute_median(values: &mut [Option<f64>]) -> Option<f64> {
    values.sort_by(|a, b| a.partial_cmp(b).unwrap());
    values[(values.len() - 1) / 2]
}

/// Grids with holes and gaps.
fn grids() -> impl Strategy<Value = ParameterSurface> {
    prop::collection::vec(1_usize..5, 1..4).prop_flat_map(|sides| {
        let count = sides.iter().product::<usize>();
        let figure = prop::option::weighted(0.9, -5_i32..20);
        let row = prop::option::weighted(0.9, figure);
        (prop::collection::vec(row, count), any::<bool>()).prop_map(move |(rows, up)| {
            let axes = sides.iter().enumerate().map(|(i, s)| axis(&i.to_string(), *s)).collect();
            let (mut levels, mut figures) = (Vec::new(), Vec::new());
            for (row, point) in rows.iter().zip(points(&sides).chunks(sides.len())) {
                if let Some(figure) = row {
                    levels.extend_from_slice(point);
                    figures.push(figure.map(f64::from));
                }
            }
            ParameterSurface::grid(axes, levels, figures, up).unwrap()
        })
    })
}

proptest! {
    #[test]
    fn neighbours_and_the_stable_set_are_those_of_brute_force(sets in grids()) {
        let mut best: Option<(f64, usize)> = None;
        for set in 0..sets.len() {
            let near = brute_neighbours(&sets, set);
            let mut found = sets.neighbours(set);
            found.sort_unstable();
            prop_assert_eq!(&found, &near);
            let all = near.iter().chain([&set]);
            let mut goods: Vec<Option<f64>> = all.map(|s| sets.good(*s)).collect();
            let median = brute_median(&mut goods);
            prop_assert_eq!(sets.neighbourhood(set).median.map(|m| sets.signed(m)), median);
            if let (Some(median), Some(_)) = (median, sets.good(set))
                && best.is_none_or(|(b, _)| median > b)
            {
                best = Some((median, set));
            }
        }
        prop_assert_eq!(sets.stable().map(|s| s.pick.set), best.map(|(_, s)| s));
        prop_assert_eq!(sets.among_the_best(1), best.map(|(_, s)| s));
    }

    #[test]
    fn cells_are_those_of_brute_force(sets in grids()) {
        for map in sets.heat_maps() {
            for (i, cell) in map.cells.iter().enumerate() {
                let (x, y) = ((i % map.columns.len()) as u32, (i / map.columns.len()) as u32);
                let inside = |s: &usize| sets.levels(*s)[map.x] == x && sets.levels(*s)[map.y] == y;
                let all: Vec<usize> = (0..sets.len()).filter(inside).collect();
                let mut goods: Vec<Option<f64>> =
                    all.iter().filter_map(|s| sets.good(*s)).map(Some).collect();
                prop_assert_eq!((cell.sets, cell.defined), (all.len(), goods.len()));
                let median = if goods.is_empty() { None } else { brute_median(&mut goods) };
                prop_assert_eq!(cell.median.map(|m| sets.signed(m)), median);
                let best = goods.iter().flatten().copied().reduce(f64::max);
                prop_assert_eq!(cell.best.map(|m| sets.signed(m)), best);
                let Some(winner) = sets.winner() else { continue };
                let same = |s: &&usize| {
                    let mut pairs = sets.levels(**s).iter().zip(sets.levels(winner)).enumerate();
                    pairs.all(|(a, (l, w))| a == map.x || a == map.y || l == w)
                };
                let slice = all.iter().find(same).and_then(|s| sets.objective(*s));
                prop_assert_eq!(cell.slice, slice);
            }
        }
    }

    #[test]
    fn shares_of_influence_are_those_of_brute_force(sets in grids()) {
        let values: Vec<f64> = (0..sets.len()).filter_map(|s| sets.objective(s)).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let total: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        for found in sets.influence() {
            let Some(share) = found.share else {
                prop_assert!(values.is_empty() || total < 1e-9);
                continue;
            };
            let mut between = 0.0;
            for level in 0..sets.axes()[found.axis].labels.len() {
                let on = |s: &usize| sets.levels(*s)[found.axis] as usize == level;
                let own: Vec<f64> =
                    (0..sets.len()).filter(on).filter_map(|s| sets.objective(s)).collect();
                if !own.is_empty() {
                    let m = own.iter().sum::<f64>() / own.len() as f64;
                    between += own.len() as f64 * (m - mean).powi(2);
                }
            }
            prop_assert!((share - between / total).abs() < 1e-9);
        }
    }

    #[test]
    fn the_nearest_are_those_of_brute_force(
        points in prop::collection::vec((0_u8..12, 0_u8..12), 1..120), count in 1_usize..8
    ) {
        let flat: Vec<f64> = points.iter().flat_map(|p| [f64::from(p.0), f64::from(p.1)]).collect();
        let tree = Tree::new(flat, 2, points.len());
        for set in 0..points.len() {
            let far = |o: &usize| {
                let (a, b) = (points[set], points[*o]);
                u32::from(a.0.abs_diff(b.0)).pow(2) + u32::from(a.1.abs_diff(b.1)).pow(2)
            };
            let mut others: Vec<usize> = (0..points.len()).filter(|o| *o != set).collect();
            others.sort_by_key(|o| (far(o), *o));
            others.truncate(count);
            prop_assert_eq!(tree.nearest(set, count), others);
        }
    }
}
