//! Pictures that need neither scripts nor style sheets, for places that show them as
//! images: whatever is around them, light or dark, they cannot know, so that all their
//! colours are seen on both.

mod curve;
mod pen;
mod tiles;

pub use curve::Curve;
pub use tiles::Tiles;
