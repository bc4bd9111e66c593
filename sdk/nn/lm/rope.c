#include "lm/rope.h"

#include <math.h>

#include "god/helpers/json.h"
#include "ops/dtype.h"

#define WHERE "config.json"

typedef struct settings {
    const char *type;
    double theta, factor, partial;                                         /* factor 0: absent */
    double low_freq_factor, high_freq_factor;                              /* llama3 */
    double beta_fast, beta_slow, mscale, mscale_all_dim, attention_factor; /* yarn, longrope; 0: absent */
    json_t *short_factor, *long_factor;                                    /* longrope */
    uint32_t truncate;
    int64_t original_positions, positions_max;
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
    GOD_TRY(god_json_opt_array(WHERE, scaling, "short_factor", &s->short_factor, err));
    GOD_TRY(god_json_opt_array(WHERE, scaling, "long_factor", &s->long_factor, err));
    return god_json_opt_int(WHERE, scaling, "original_max_position_embeddings", 1, INT32_MAX, &s->original_positions,
                            err);
}

/* The object that holds the scaling of this type of layer, NULL when there is none. */
static god_status find_scaling(const json_t *config, const gnn_rope_defaults *defaults, json_t **ret_scaling,
                               god_error *err)
{
    json_t *parameters = NULL, *nested = NULL;
    GOD_TRY(god_json_opt_object(WHERE, config, "rope_parameters", &parameters, err));
    if (parameters != NULL) {
        GOD_TRY(god_json_opt_object(WHERE, parameters, defaults->layer_type, &nested, err));
        *ret_scaling = nested != NULL ? nested : parameters;
        return GOD_OK;
    }
    if (strcmp(defaults->layer_type, "sliding_attention") == 0) {
        return GOD_OK;
    }
    return god_json_opt_object(WHERE, config, "rope_scaling", ret_scaling, err);
}

static god_status check_settings(const settings *s, god_error *err)
{
    const struct {
        const char *key;
        double value;
        uint32_t may_be_zero; /* which means that it is absent */
    } numbers[] = {{"rope_theta", s->theta, 0},
                   {"factor", s->factor, 1},
                   {"beta_fast", s->beta_fast, 1},
                   {"beta_slow", s->beta_slow, 1}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (numbers[i].value < 0.0 || (numbers[i].value == 0.0 && !numbers[i].may_be_zero)) {
            return god_fail(err, GOD_E_DATA, WHERE ": \"%s\" is %g, a number above 0 is needed", numbers[i].key,
                            numbers[i].value);
        }
    }
    if (!(s->partial > 0.0) || s->partial > 1.0) {
        return god_fail(err, GOD_E_DATA, WHERE ": the share of a head that turns is %g, above 0 and up to 1 is allowed",
                        s->partial);
    }
    return GOD_OK;
}

static god_status read_settings(const json_t *config, const gnn_rope_defaults *defaults, settings *s, god_error *err)
{
    json_t *scaling = NULL;
    *s = (settings){.type = "default",
                    .theta = defaults->theta,
                    .partial = defaults->partial,
                    .low_freq_factor = 1.0,
                    .high_freq_factor = 4.0,
                    .truncate = 1,
                    .positions_max = defaults->positions_max,
                    .original_positions = defaults->positions_max};
    if (strcmp(defaults->layer_type, "sliding_attention") == 0) {
        s->theta = 10000.0;
        GOD_TRY(god_json_opt_num(WHERE, config, "rope_local_base_freq", &s->theta, err));
    } else {
        GOD_TRY(god_json_opt_num(WHERE, config, "rotary_emb_base", &s->theta, err));
        GOD_TRY(god_json_opt_num(WHERE, config, "rope_theta", &s->theta, err));
    }
    GOD_TRY(god_json_opt_num(WHERE, config, defaults->partial_key, &s->partial, err));
    GOD_TRY(
        god_json_opt_int(WHERE, config, "original_max_position_embeddings", 1, INT32_MAX, &s->original_positions, err));
    GOD_TRY(find_scaling(config, defaults, &scaling, err));
    if (scaling != NULL) {
        GOD_TRY(read_scaling(scaling, s, err));
    }
    return check_settings(s, err);
}

static god_status scale_nothing(const settings *s, gnn_rope *rope, god_error *err)
{
    (void)s;
    (void)rope;
    (void)err;
    return GOD_OK;
}

static god_status scale_linear(const settings *s, gnn_rope *rope, god_error *err)
{
    (void)err;
    for (int64_t i = 0; i < rope->rotary / 2; i++) {
        rope->frequencies[i] /= s->factor > 0.0 ? (float)s->factor : 1.0f;
    }
    return GOD_OK;
}

static god_status scale_dynamic(const settings *s, gnn_rope *rope, god_error *err)
{
    (void)err;
    rope->kind = GNN_ROPE_DYNAMIC;
    rope->theta = s->theta;
    rope->factor = s->factor > 0.0 ? s->factor : 1.0;
    rope->positions = s->positions_max > 0 ? s->positions_max : s->original_positions;
    return GOD_OK;
}

/* Long wavelengths are divided by the factor, short ones kept, those between blended. */
static god_status scale_llama3(const settings *s, gnn_rope *rope, god_error *err)
{
    const double two_pi = 6.28318530717958647692;
    double positions = (double)s->original_positions, factor = s->factor > 0.0 ? s->factor : 1.0;
    (void)err;
    for (int64_t i = 0; i < rope->rotary / 2; i++) {
        double frequency = (double)rope->frequencies[i], wavelength = two_pi / frequency;
        double smooth = (positions / wavelength - s->low_freq_factor) / (s->high_freq_factor - s->low_freq_factor);
        if (wavelength > positions / s->low_freq_factor) {
            rope->frequencies[i] = (float)(frequency / factor);
        } else if (wavelength >= positions / s->high_freq_factor) {
            rope->frequencies[i] = (float)((1.0 - smooth) * frequency / factor + smooth * frequency);
        }
    }
    return GOD_OK;
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

/* How often the trained context fits into the stated one, when no factor is given. */
static double factor_or_ratio(const settings *s)
{
    return s->factor > 0.0 ? s->factor : (double)s->positions_max / (double)s->original_positions;
}

static god_status scale_yarn(const settings *s, gnn_rope *rope, god_error *err)
{
    double low = yarn_dim(s, rope->rotary, s->beta_fast > 0.0 ? s->beta_fast : 32.0);
    double high = yarn_dim(s, rope->rotary, s->beta_slow > 0.0 ? s->beta_slow : 1.0);
    double factor = factor_or_ratio(s), attention = s->attention_factor;
    if (s->theta == 1.0) {
        return god_fail(err, GOD_E_DATA, WHERE ": \"rope_theta\" is 1, which the rope type \"yarn\" cannot scale");
    }
    if (s->truncate) {
        low = floor(low);
        high = ceil(high);
    }
    low = fmax(low, 0.0);
    high = fmin(high, (double)rope->rotary - 1.0);
    high += low == high ? 0.001 : 0.0; /* as the reference does, against a division by zero */
    for (int64_t i = 0; i < rope->rotary / 2; i++) {
        double kept = 1.0 - fmin(fmax(((double)i - low) / (high - low), 0.0), 1.0);
        double frequency = (double)rope->frequencies[i];
        rope->frequencies[i] = (float)(frequency / factor * (1.0 - kept) + frequency * kept);
    }
    if (attention == 0.0) {
        attention = s->mscale != 0.0 && s->mscale_all_dim != 0.0
                        ? yarn_mscale(factor, s->mscale) / yarn_mscale(factor, s->mscale_all_dim)
                        : yarn_mscale(factor, 1.0);
    }
    rope->attention_factor = (float)attention;
    return GOD_OK;
}

static god_status divide_each(const json_t *factors, const char *key, gnn_rope *rope, float *frequencies,
                              god_error *err)
{
    int64_t half = rope->rotary / 2;
    if ((int64_t)json_array_size(factors) != half) {
        return god_fail(err, GOD_E_DATA, WHERE ": \"%s\" has %zu numbers, %lld are needed", key,
                        json_array_size(factors), (long long)half);
    }
    for (int64_t i = 0; i < half; i++) {
        double factor = json_number_value(json_array_get(factors, (size_t)i));
        if (!(factor > 0.0)) {
            return god_fail(err, GOD_E_DATA, WHERE ": \"%s\" holds something other than numbers above 0", key);
        }
        frequencies[i] = 1.0f / ((float)factor * (1.0f / frequencies[i]));
    }
    return GOD_OK;
}

static god_status scale_long(const settings *s, gnn_rope *rope, god_error *err)
{
    double factor = factor_or_ratio(s);
    memcpy(rope->long_frequencies, rope->frequencies, sizeof rope->frequencies);
    GOD_TRY(divide_each(s->short_factor, "short_factor", rope, rope->frequencies, err));
    GOD_TRY(divide_each(s->long_factor, "long_factor", rope, rope->long_frequencies, err));
    rope->kind = GNN_ROPE_LONG;
    rope->positions = s->original_positions;
    rope->attention_factor = (float)s->attention_factor;
    if (s->attention_factor == 0.0) {
        double by_length = 1.0 + log(factor) / log((double)s->original_positions);
        rope->attention_factor = factor <= 1.0 ? 1.0f : (float)sqrt(by_length);
    }
    return GOD_OK;
}

static god_status apply_scaling(const settings *s, gnn_rope *rope, god_error *err)
{
    static const struct {
        const char *type;
        god_status (*scale)(const settings *, gnn_rope *, god_error *);
        uint32_t needs_context;
    } known[] = {{"default", scale_nothing, 0}, {"linear", scale_linear, 0}, {"dynamic", scale_dynamic, 1},
                 {"llama3", scale_llama3, 1},   {"yarn", scale_yarn, 1},     {"longrope", scale_long, 1},
                 {"su", scale_long, 1}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].type, s->type) != 0) {
            continue;
        }
        if (known[i].needs_context && s->original_positions <= 0) {
            return god_fail(err, GOD_E_DATA, WHERE ": \"original_max_position_embeddings\" is missing");
        }
        return known[i].scale(s, rope, err);
    }
    return god_fail(err, GOD_E_UNSUPPORTED,
                    WHERE ": rope type \"%.60s\" is not supported; default, linear, dynamic, llama3, yarn and longrope "
                          "are",
                    s->type);
}

/* Settings that are numbers each and no rotary embedding together: a theta of 1e-300, a factor of 1e-300. */
static god_status check_finite(const settings *s, const gnn_rope *rope, god_error *err)
{
    uint32_t finite = isfinite(rope->attention_factor) != 0;
    for (int64_t i = 0; i < rope->rotary / 2; i++) {
        finite &= isfinite(rope->frequencies[i]) != 0;
        finite &= rope->kind != GNN_ROPE_LONG || isfinite(rope->long_frequencies[i]);
    }
    if (!finite) {
        return god_fail(err, GOD_E_DATA,
                        WHERE ": the rope type \"%.60s\" with a \"rope_theta\" of %g and a \"factor\" of %g gives "
                              "numbers that are not finite",
                        s->type, s->theta, s->factor);
    }
    return GOD_OK;
}

god_status gnn_rope_read(const json_t *config, const gnn_rope_defaults *defaults, gnn_rope *ret_rope, god_error *err)
{
    settings s;
    GOD_TRY(read_settings(config, defaults, &s, err));
    ret_rope->rotary = (int64_t)((double)defaults->head_dim * s.partial);
    ret_rope->attention_factor = 1.0f;
    if (ret_rope->rotary < 2 || ret_rope->rotary % 2 != 0 || ret_rope->rotary > GNN_ROTARY_MAX) {
        return god_fail(err, GOD_E_UNSUPPORTED,
                        WHERE ": %lld elements of a head of %lld turn, even numbers from 2 to %d are supported",
                        (long long)ret_rope->rotary, (long long)defaults->head_dim, (int)GNN_ROTARY_MAX);
    }
    for (int64_t i = 0; i < ret_rope->rotary / 2; i++) {
        ret_rope->frequencies[i] = gnn_rope_frequency(s.theta, i, ret_rope->rotary);
    }
    GOD_TRY(apply_scaling(&s, ret_rope, err));
    return check_finite(&s, ret_rope, err);
}
