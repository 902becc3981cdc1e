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
