import Glibc

/// How far a sample is from what was expected, in standard deviations, with sign.
///
/// For a fraction the history's own spread and that of so few events add up: the binomial part is the signed root of the
/// deviance (twice the log-likelihood ratio), which for small numbers is far nearer to the exact tail than the difference
/// over its standard deviation: 3 of 5 where 5 % are usual counts 3.4, 300 of 500 counts 34.
func deviation(of sample: Sample, from expected: Double, scale: Double) -> Double {
  let difference = sample.measured - expected
  if difference == 0 { return 0 }
  let own = max(-largestDeviation, min(largestDeviation, difference / max(scale, .leastNormalMagnitude)))
  guard let fraction = sample.fraction else { return own }
  return combined(own, binomialDeviation(of: fraction, from: expected))
}

/// That of a value where none has ever differed.
private let largestDeviation = 1e6

/// Two deviations of the same difference whose variances add up.
private func combined(_ one: Double, _ other: Double) -> Double {
  if one == 0 || other == 0 { return 0 }
  let both = 1 / (1 / (one * one) + 1 / (other * other)).squareRoot()
  return one > 0 ? both : -both
}

/// The signed root of the deviance of `fraction` under a usual ratio.
private func binomialDeviation(of fraction: Sample.Fraction, from usual: Double) -> Double {
  let (failed, all) = (fraction.numerator, fraction.denominator)
  // A ratio of exactly 0 or 1 has only not been seen otherwise yet: half an event is added on both sides (Jeffreys).
  let expected = min(max(usual, 0.5 / (all + 1)), 1 - 0.5 / (all + 1))
  var deviance = 0.0
  if failed > 0 { deviance += failed * log(failed / (all * expected)) }
  if failed < all { deviance += (all - failed) * log((all - failed) / (all * (1 - expected))) }
  let root = (2 * max(deviance, 0)).squareRoot()
  return fraction.ratio > expected ? root : -root
}

/// The probability that a normal value is nearer to what is expected than `deviation`, 0 to 1.
func usualness(deviation: Double) -> Double {
  erf(abs(deviation) / 2.0.squareRoot())
}
