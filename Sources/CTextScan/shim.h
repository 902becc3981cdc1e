// Sixteen bytes of JSON at a time: Swift has vectors, but no instruction that turns what their comparison gives into bits.
#ifndef STREAMPULSE_CTEXTSCAN_SHIM_H
#define STREAMPULSE_CTEXTSCAN_SHIM_H

#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

/// Bytes that the functions look at.
enum { streampulse_scan_width = 16 };

#if defined(__SSE2__)

// A bit for each byte that is a quote, a backslash, a control character or above 0x7F: as signed numbers the last two are
// less than a space.
static inline uint32_t streampulse_stops(const uint8_t *text) {
  __m128i bytes = _mm_loadu_si128((const __m128i *)text);
  __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  __m128i backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  __m128i others = _mm_cmplt_epi8(bytes, _mm_set1_epi8(' '));
  return (uint32_t)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, backslashes), others));
}

#else

static inline uint32_t streampulse_stops(const uint8_t *text) {
#if defined(__aarch64__)
  uint8x16_t bytes = vld1q_u8(text);
  uint8x16_t stops = vorrq_u8(vceqq_u8(bytes, vdupq_n_u8('"')), vceqq_u8(bytes, vdupq_n_u8('\\')));
  stops = vorrq_u8(stops, vcltq_s8(vreinterpretq_s8_u8(bytes), vdupq_n_s8(' ')));
  const uint8x16_t weights = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  stops = vandq_u8(stops, weights);
  return (uint32_t)vaddv_u8(vget_low_u8(stops)) | (uint32_t)vaddv_u8(vget_high_u8(stops)) << 8;
#else
  uint32_t stops = 0;
  for (int index = 0; index < 16; index++) {
    uint8_t byte = text[index];
    stops |= (uint32_t)(byte == '"' || byte == '\\' || byte < ' ' || byte > 0x7F) << index;
  }
  return stops;
#endif
}

#endif

/// A number without a sign and an exponent: `significand` / 10^`places`.
struct streampulse_decimal {
  uint64_t significand;
  uint32_t places;
  /// How many bytes it is written with; 0 when it is something else, or longer than fifteen.
  uint32_t count;
};

#if defined(__SSE2__)

// Sixteen zero bytes and sixteen others: read from `n` on, a mask for the last `n` of sixteen bytes.
static const uint8_t streampulse_last_bytes[32] = {
  0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
  0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
};

static inline __m128i streampulse_load(const uint8_t *bytes) {
  return _mm_loadu_si128((const __m128i *)bytes);
}

// A bit for each of the sixteen bytes that is no digit.
static inline uint32_t streampulse_non_digits(const uint8_t *text) {
  __m128i values = _mm_sub_epi8(streampulse_load(text), _mm_set1_epi8('0'));
  __m128i digits = _mm_cmpeq_epi8(_mm_min_epu8(values, _mm_set1_epi8(9)), values);
  return (uint32_t)_mm_movemask_epi8(digits) ^ 0xFFFF;
}

// The number of the last `count` digits before `end`, below sixteen. The last `behind` of them stand there, the others one
// byte further in front, for the sake of a point; 16: all of them stand there.
static inline uint64_t streampulse_number_before(const uint8_t *end, uint32_t count, uint32_t behind) {
  __m128i mask = streampulse_load(streampulse_last_bytes + behind);
  __m128i all = _mm_or_si128(
    _mm_and_si128(mask, streampulse_load(end - 16)), _mm_andnot_si128(mask, streampulse_load(end - 17)));
  all = _mm_and_si128(_mm_sub_epi8(all, _mm_set1_epi8('0')), streampulse_load(streampulse_last_bytes + count));
  __m128i twos = _mm_add_epi16(
    _mm_mullo_epi16(_mm_and_si128(all, _mm_set1_epi16(0xFF)), _mm_set1_epi16(10)), _mm_srli_epi16(all, 8));
  __m128i fours = _mm_madd_epi16(twos, _mm_set1_epi32(100 | 1 << 16));
  __m128i eights = _mm_madd_epi16(_mm_packs_epi32(fours, fours), _mm_set1_epi32(10000 | 1 << 16));
  uint64_t both = (uint64_t)_mm_cvtsi128_si64(eights);
  return (both & 0xFFFFFFFF) * 100000000 + (both >> 32);
}

#else

static inline uint32_t streampulse_non_digits(const uint8_t *text) {
  uint32_t others = 0;
  for (int index = 0; index < 16; index++) others |= (uint32_t)((uint8_t)(text[index] - '0') > 9) << index;
  return others;
}

static inline uint64_t streampulse_number_before(const uint8_t *end, uint32_t count, uint32_t behind) {
  uint64_t number = 0;
  for (uint32_t index = count; index > 0; index--) {
    const uint8_t *digit = end - index - (index > behind ? 1 : 0);
    number = number * 10 + (uint64_t)(*digit - '0');
  }
  return number;
}

#endif

// Of `limit` bytes, where the bits of `others` are that are no digits, and two behind them.
static inline struct streampulse_decimal streampulse_decimal_of(const uint8_t *text, uint32_t others, uint32_t limit) {
  struct streampulse_decimal none = {0, 0, 0};
  uint32_t whole = (uint32_t)__builtin_ctz(others);
  if (whole == 0 || whole == limit || (text[0] == '0' && whole > 1)) return none;
  if (text[whole] != '.') {
    struct streampulse_decimal integer = {streampulse_number_before(text + whole, whole, 16), 0, whole};
    return integer;
  }
  uint32_t count = (uint32_t)__builtin_ctz(others & (others - 1));
  uint32_t places = count - whole - 1;
  if (places == 0 || count == limit) return none;
  struct streampulse_decimal decimal = {streampulse_number_before(text + count, count - 1, places), places, count};
  return decimal;
}

/// The number at `text`; sixteen bytes before and behind must be readable.
static inline struct streampulse_decimal streampulse_read_decimal(const uint8_t *text) {
  return streampulse_decimal_of(text, streampulse_non_digits(text) | 3u << 16, 16);
}

/// The same of a text that has `left` bytes, below sixteen; the sixteen bytes before its end must be readable.
static inline struct streampulse_decimal streampulse_read_last_decimal(const uint8_t *text, uint32_t left) {
  return streampulse_decimal_of(text, streampulse_non_digits(text + left - 16) >> (16 - left) | 3u << left, left);
}

/// How many of the sixteen bytes at `text` stand before the first quote, backslash, control character or byte above 0x7F;
/// 16 when there is none.
static inline uint32_t streampulse_plain_count(const uint8_t *text) {
  return (uint32_t)__builtin_ctz(streampulse_stops(text) | 1u << 16);
}

/// The same of the last `count` bytes before `end`, below 16; `count` when there is none. The sixteen bytes before `end`
/// must be readable.
static inline uint32_t streampulse_plain_count_before(const uint8_t *end, uint32_t count) {
  return (uint32_t)__builtin_ctz(streampulse_stops(end - 16) >> (16 - count) | 1u << count);
}

#endif
