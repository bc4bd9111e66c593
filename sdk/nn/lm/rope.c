#include "lm/rope.h"

#include <math.h>

#include "god/helpers/json.h"
#include "ops/dtype.h"

#define WHERE "config.json"

typedef struct settings {
    const char *type;
    double theta, factor, partial;
    double low_freq_factor, high_freq_factor;                              /* llama3 */
    double beta_fast, beta_slow, mscale, mscale_all_dim, attention_factor; /* yarn; 0: absent */
    uint32_t truncate;
    int64_t original_positions;
} settings;

static god_status read_scaling(const json_t *scaling, settings *s, god_error *err)
{
    GOD_TRY(god_json_opt_str(WHERE, scaling, "type", &s->type, err));
    GOD_TRY(god_json_opt_str(WHERE, scaling, "rope_type", &s->type, err));
    GOD_TRY(god_json_opt_num(WHERE, scaling, "rope_theta", &s->theta, err));
    GOD_TRY(god_json_opt_num(WHERE, scaling, "partial_rotary_factor", &s->partial, err));
    GOD_TRY(god_json_opt_num(WHERE, scaling, "factor", &s->factor, err));
    GOD_TRY(god_json_opt_num(WHERE, scaling, "low_freq_factor", &s->low_freq_factor, err));
    GOD_TRY(god_json_opt_num(WHERE, scaling, "high_freq_factor", &s->high_freq_factor, err));
    GOD_TRY(god_json_opt_num(WHERE, scaling, "beta_fast", &s->beta_fast, err));
    GOD_TRY(god_json_opt_num(WHERE, scaling, "beta_slow", &s->beta_slow, err));
    GOD_TRY(god_json_opt_num(WHERE, scaling, "mscale", &s->mscale, err));
    GOD_TRY(god_json_opt_num(WHERE, scaling, "mscale_all_dim", &s->mscale_all_dim, err));
    GOD_TRY(god_json_opt_num(WHERE, scaling, "attention_factor", &s->attention_factor, err));
    GOD_TRY(god_json_opt_bool(WHERE, scaling, "truncate", &s->truncate, err));
    return god_json_opt_int(WHERE, scaling, "original_max_position_embeddings", 1, INT32_MAX, &s->original_positions,
                            err);
}

static god_status read_settings(const json_t *config, int64_t positions_max, settings *s, god_error *err)
{
    json_t *scaling = NULL;
    *s = (settings){.type = "default",
                    .theta = 10000.0,
                    .factor = 1.0,
                    .partial = 1.0,
                    .low_freq_factor = 1.0,
                    .high_freq_factor = 4.0,
                    .beta_fast = 32.0,
                    .beta_slow = 1.0,
                    .truncate = 1,
                    .original_positions = positions_max};
    GOD_TRY(god_json_opt_num(WHERE, config, "rope_theta", &s->theta, err));
    GOD_TRY(god_json_opt_num(WHERE, config, "partial_rotary_factor", &s->partial, err));
    GOD_TRY(god_json_opt_object(WHERE, config, "rope_scaling", &scaling, err));
    GOD_TRY(god_json_opt_object(WHERE, config, "rope_parameters", &scaling, err));
    if (scaling != NULL) {
        GOD_TRY(read_scaling(scaling, s, err));
    }
    if (!(s->theta > 0.0) || !isfinite(s->theta) || !(s->factor > 0.0) || !isfinite(s->factor)) {
        return god_fail(err, GOD_E_DATA, WHERE ": \"rope_theta\" %g and \"factor\" %g must be above 0", s->theta,
                        s->factor);
    }
    if (!(s->partial > 0.0) || s->partial > 1.0) {
        return god_fail(err, GOD_E_DATA, WHERE ": \"partial_rotary_factor\" is %g, above 0 and up to 1 is allowed",
                        s->partial);
    }
    return GOD_OK;
}

/* Long wavelengths are divided by the factor, short ones kept, those between blended. */
static void scale_llama3(const settings *s, gnn_rope *rope)
{
    const double two_pi = 6.28318530717958647692;
    double positions = (double)s->original_positions;
    for (int64_t i = 0; i < rope->rotary / 2; i++) {
        float frequency = rope->frequencies[i];
        double wavelength = two_pi / (double)frequency;
        double smooth = (positions / wavelength - s->low_freq_factor) / (s->high_freq_factor - s->low_freq_factor);
        if (wavelength > positions / s->low_freq_factor) {
            rope->frequencies[i] = (float)((double)frequency / s->factor);
        } else if (wavelength >= positions / s->high_freq_factor) {
            rope->frequencies[i] = (float)((1.0 - smooth) * (double)frequency / s->factor + smooth * (double)frequency);
        }
    }
}

/* The (fractional) pair of elements that turns `turns` times over the original context. */
static double yarn_dim(const settings *s, int64_t rotary, double turns)
{
    const double two_pi = 6.28318530717958647692;
    return (double)rotary * log((double)s->original_positions / (turns * two_pi)) / (2.0 * log(s->theta));
}

static double yarn_mscale(double factor, double mscale)
{
    return factor <= 1.0 ? 1.0 : 0.1 * mscale * log(factor) + 1.0;
}

static void scale_yarn(const settings *s, gnn_rope *rope)
{
    double low = yarn_dim(s, rope->rotary, s->beta_fast), high = yarn_dim(s, rope->rotary, s->beta_slow);
    if (s->truncate) {
        low = floor(low);
        high = ceil(high);
    }
    low = fmax(low, 0.0);
    high = fmin(high, (double)rope->rotary - 1.0);
    if (low == high) {
        high += 0.001; /* as the reference does, against a division by zero */
    }
    for (int64_t i = 0; i < rope->rotary / 2; i++) {
        double ramp = fmin(fmax(((double)i - low) / (high - low), 0.0), 1.0), kept = 1.0 - ramp;
        double frequency = rope->frequencies[i];
        rope->frequencies[i] = (float)(frequency / s->factor * (1.0 - kept) + frequency * kept);
    }
    double factor = s->attention_factor;
    if (factor == 0.0) {
        factor = s->mscale != 0.0 && s->mscale_all_dim != 0.0
                     ? yarn_mscale(s->factor, s->mscale) / yarn_mscale(s->factor, s->mscale_all_dim)
                     : yarn_mscale(s->factor, 1.0);
    }
    rope->attention_factor = (float)factor;
}

static void scale_linear(const settings *s, gnn_rope *rope)
{
    for (int64_t i = 0; i < rope->rotary / 2; i++) {
        rope->frequencies[i] /= (float)s->factor;
    }
}

static god_status apply_scaling(const settings *s, gnn_rope *rope, god_error *err)
{
    static const struct {
        const char *type;
        void (*scale)(const settings *, gnn_rope *);
        uint32_t needs_original;
    } known[] = {
        {"default", NULL, 0}, {"linear", scale_linear, 0}, {"llama3", scale_llama3, 1}, {"yarn", scale_yarn, 1}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].type, s->type) != 0) {
            continue;
        }
        if (known[i].needs_original && s->original_positions <= 0) {
            return god_fail(err, GOD_E_DATA, WHERE ": \"original_max_position_embeddings\" is missing");
        }
        if (known[i].scale != NULL) {
            known[i].scale(s, rope);
        }
        return GOD_OK;
    }
    return god_fail(err, GOD_E_UNSUPPORTED,
                    WHERE ": rope type \"%.60s\" is not supported; default, linear, llama3 and yarn are", s->type);
}

god_status gnn_rope_read(const json_t *config, int64_t head_dim, int64_t positions_max, gnn_rope *ret_rope,
                         god_error *err)
{
    settings s;
    GOD_TRY(read_settings(config, positions_max, &s, err));
    ret_rope->rotary = (int64_t)((double)head_dim * s.partial);
    ret_rope->attention_factor = 1.0f;
    if (ret_rope->rotary % 2 != 0 || ret_rope->rotary > GNN_ROTARY_MAX) {
        return god_fail(err, GOD_E_UNSUPPORTED, WHERE ": a rotary embedding of %lld elements; even numbers up to %d",
                        (long long)ret_rope->rotary, (int)GNN_ROTARY_MAX);
    }
    for (int64_t i = 0; i < ret_rope->rotary / 2; i++) { /* powers in f32, as the reference's tables */
        ret_rope->frequencies[i] = 1.0f / powf((float)s.theta, (float)(2 * i) / (float)ret_rope->rotary);
    }
    return apply_scaling(&s, ret_rope, err);
}

void gnn_rope_fill(const gnn_rope *rope, int64_t positions, uint32_t dtype, float *cosines, float *sines)
{
    int64_t half = rope->rotary / 2;
    for (int64_t p = 0; p < positions; p++) {
        for (int64_t i = 0; i < half; i++) {
            float angle = (float)p * rope->frequencies[i];
            cosines[p * half + i] = gnn_round(cosf(angle) * rope->attention_factor, dtype);
            sines[p * half + i] = gnn_round(sinf(angle) * rope->attention_factor, dtype);
        }
    }
}
