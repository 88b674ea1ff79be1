//! The nearest sets of a point, where sets lie anywhere: a k-d tree that is an
//! order of the sets and nothing else.

/// Fewer sets than this are looked at one by one.
const LEAF: usize = 16;

/// Points and an order of them in which every middle parts its stretch.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    points: Vec<f64>,
    axes: usize,
    order: Vec<u32>,
}

/// A set found, and how far it is (squared).
type Neighbour = (f64, u32);

impl Tree {
    pub fn new(points: Vec<f64>, axes: usize, sets: usize) -> Self {
        let mut order: Vec<u32> = (0..sets).map(|s| s as u32).collect();
        if axes > 0 {
            split(&mut order, &points, axes, 0);
        }
        Self { points, axes, order }
    }

    pub fn point(&self, set: usize) -> &[f64] {
        &self.points[set * self.axes..(set + 1) * self.axes]
    }

    /// The `count` sets nearest to `set`, itself left out, nearest first; of equals
    /// the lower number first.
    pub fn nearest(&self, set: usize, count: usize) -> Vec<usize> {
        let mut found = Vec::with_capacity(count + 1);
        if self.axes > 0 && count > 0 {
            self.search(&self.order, 0, set, count, &mut found);
        }
        found.into_iter().map(|(_, s)| s as usize).collect()
    }

    fn search(
        &self,
        part: &[u32],
        depth: usize,
        set: usize,
        count: usize,
        found: &mut Vec<Neighbour>,
    ) {
        if part.len() <= LEAF {
            for other in part {
                self.offer(*other, set, count, found);
            }
            return;
        }
        let axis = depth % self.axes;
        let middle = part.len() / 2;
        let at = |s: usize| self.points[s * self.axes + axis];
        let gap = at(set) - at(part[middle] as usize);
        // The middle belongs to neither side, so that it stays where it parts them.
        self.offer(part[middle], set, count, found);
        let (low, high) = (&part[..middle], &part[middle + 1..]);
        let (near, far) = if gap < 0.0 { (low, high) } else { (high, low) };
        self.search(near, depth + 1, set, count, found);
        // As far as the farthest found must still be looked at: a lower number wins a tie.
        if found.len() < count || found.last().is_none_or(|f| gap * gap <= f.0) {
            self.search(far, depth + 1, set, count, found);
        }
    }

    fn offer(&self, other: u32, set: usize, count: usize, found: &mut Vec<Neighbour>) {
        if other as usize == set {
            return;
        }
        let pairs = self.point(set).iter().zip(self.point(other as usize));
        let item = (pairs.map(|(a, b)| (a - b) * (a - b)).sum::<f64>(), other);
        let before = |f: &Neighbour| f.0 < item.0 || (f.0 == item.0 && f.1 < item.1);
        let place = found.partition_point(before);
        if place < count {
            found.insert(place, item);
            found.truncate(count);
        }
    }
}

fn split(order: &mut [u32], points: &[f64], axes: usize, depth: usize) {
    if order.len() <= LEAF {
        return;
    }
    let axis = depth % axes;
    let at = |s: &u32| points[*s as usize * axes + axis];
    let middle = order.len() / 2;
    order.select_nth_unstable_by(middle, |a, b| at(a).total_cmp(&at(b)).then(a.cmp(b)));
    split(&mut order[..middle], points, axes, depth + 1);
    split(&mut order[middle + 1..], points, axes, depth + 1);
}
