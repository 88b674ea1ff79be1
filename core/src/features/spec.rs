//! What strategies ask for: equal requests are computed once.

use alloc::vec::Vec;

use super::error::FeatureError;
use super::node::{ExactNode, RealNode};
use super::request::{Exact, Real};
use super::row::{ExactId, RealId};
use super::timeframe::Timeframe;
use crate::depth::DepthParams;
use crate::params::ParamError;

/// What the strategies on one instrument asked for; equal requests are one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeatureSpec {
    pub(super) exact: Vec<(Timeframe, Exact)>,
    pub(super) real: Vec<(Timeframe, Real)>,
    pub(super) book: Option<DepthParams>,
}

impl FeatureSpec {
    /// Asks for the analysis of the order book; strategies on one instrument
    /// share it, so they must ask for the same.
    pub fn book(&mut self, params: &DepthParams) -> Result<(), FeatureError> {
        params.validate()?;
        if self.book.as_ref().is_some_and(|asked| asked != params) {
            return Err(ParamError::Conflict(
                "depth differs between strategies on one instrument; they share its order book",
            )
            .into());
        }
        self.book = Some(params.clone());
        Ok(())
    }

    /// Asks for an exact feature.
    pub fn exact(&mut self, timeframe: Timeframe, what: Exact) -> Result<ExactId, FeatureError> {
        ExactNode::new(what)?;
        Ok(ExactId(slot(&mut self.exact, (timeframe, what))))
    }

    /// Bars of the data that the feature with the longest window looks back on; 0 without
    /// features. Those on longer timeframes are left out.
    #[must_use]
    pub fn longest_window(&self) -> usize {
        let base = |of: &Timeframe| *of == Timeframe::Base;
        let exact = self.exact.iter().filter(|(of, _)| base(of)).map(|(_, what)| what.window());
        let real = self.real.iter().filter(|(of, _)| base(of)).map(|(_, what)| what.window());
        exact.chain(real).max().unwrap_or(0)
    }

    /// Asks for a real feature.
    pub fn real(&mut self, timeframe: Timeframe, what: Real) -> Result<RealId, FeatureError> {
        RealNode::new(what)?;
        Ok(RealId(slot(&mut self.real, (timeframe, what))))
    }
}

fn slot<T: PartialEq>(requests: &mut Vec<T>, request: T) -> usize {
    requests.iter().position(|r| *r == request).unwrap_or_else(|| {
        requests.push(request);
        requests.len() - 1
    })
}
