#include "core/tournament/task_size.h"

#include "core/tournament/calendar.h"

static double clamp(double value, double lowest, double highest)
{
    return fmin(highest, fmax(lowest, value));
}

/* To half hours, half to even, at least one hour. */
static double half_hours(double doubled)
{
    return fmax(1.0, rint(doubled) / 2);
}

double gdi_training_hours(double rows, double params, double hours_factor)
{
    const double giant_params = 14e9, hours_max = 6.0;
    double t = clamp((rows - 75000) / 425000, 0.0, 1.0);
    double hours = half_hours(2 * (1 + 5 * t));
    if (params > 0 && params < giant_params) {
        hours = half_hours(2 * hours * (0.5 + 0.5 * params / giant_params));
    }
    hours = half_hours(2 * hours * hours_factor);
    return fmin(hours, hours_max);
}

double gdi_context_hours(double hours, double p95, double p50)
{
    if (!gdi_has_value(p95)) {
        return hours;
    }
    double packed = fmax(p95, 2 * (gdi_has_value(p50) ? p50 : p95));
    double relative = packed / 1024;
    double scale = clamp(relative * relative, 0.25, 3.0);
    return fmin(6.0, half_hours(2 * hours * scale));
}

uint32_t gdi_gpu_count(double params, double gpu_factor)
{
    double billions = params / 1e9 * gpu_factor;
    if (params <= 0 || billions <= 4) {
        return 1;
    }
    if (billions <= 12) {
        return 2;
    }
    return billions <= 40 ? 4 : 8;
}

bool gdi_dataset_accepted(uint32_t filter, const double *losses, uint32_t count)
{
    double lowest = INFINITY, sum = 0.0;
    uint32_t known = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (gdi_has_value(losses[i])) {
            lowest = fmin(lowest, losses[i]);
            sum += losses[i];
            known++;
        }
    }
    if (known == 0 || filter == GDI_DATASET_ANY) {
        return true;
    }
    if (lowest < 0.01) {
        return false;
    }
    double mean = sum / known;
    bool too_hard = filter == GDI_DATASET_BEST_LOSS && lowest > 2.0;
    bool nothing_learned = filter == GDI_DATASET_MEAN_LOSS && mean >= 0.68 && mean <= 0.71;
    return !too_hard && !nothing_learned;
}

gdi_params_range gdi_replacement_params(double old_params)
{
    const double tiny_params = 0.1e9;
    if (!(old_params >= tiny_params)) {
        return (gdi_params_range){.lowest = 1e9, .highest = 10e9};
    }
    return (gdi_params_range){.lowest = old_params * 0.8, .highest = old_params * 1.2};
}

int64_t gdi_replacement_wait_us(uint32_t replacements)
{
    return replacements >= 5 ? 15 * 60 * GDI_SECOND_US : 0;
}
