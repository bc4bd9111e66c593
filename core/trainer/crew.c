#include "core/trainer/crew.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "core/host/facts.h"
#include "god/helpers/file.h"

enum { retry_ms_default = 30 * 1000 };

typedef struct member {
    gdi_crew *crew;
    pthread_t thread;
    uint32_t used;      /* there is a thread to join; under the crew's lock */
    uint32_t has_ended; /* it will not touch this any more; under the crew's lock */
    char id[GDI_RECORD_ID_BYTES];
    _Atomic uint32_t stop, step;
} member;

struct gdi_crew {
    gdi_crew_options options;
    pthread_mutex_t lock; /* guards members and is_stopping */
    pthread_cond_t changed;
    uint32_t is_stopping;
    member members[GDI_CREW_MAX];
};

/* ---- one job ---- */

static uint32_t stop_asked(void *user)
{
    member *m = user;
    return atomic_load(&m->stop);
}

static void say(void *user, const char *line)
{
    member *m = user;
    gdi_records_say(m->crew->options.records, m->id, gdi_facts_now_us(), line);
}

static void enter(void *user, uint32_t step)
{
    member *m = user;
    atomic_store(&m->step, step);
}

static void container_started(void *user, const char *container_name, int64_t started_us)
{
    member *m = user;
    gdi_records_container(m->crew->options.records, m->id, container_name, started_us);
}

typedef struct finding {
    const char *id;
    uint32_t gpu_count;
} finding;

static uint32_t count_gpus(void *user, const gdi_record *record)
{
    finding *f = user;
    if (strcmp(record->id, f->id) != 0) {
        return 0;
    }
    f->gpu_count = record->gpu_count;
    return 1;
}

/* The limits of a run by its GPUs (training specification 13.5), as god.yaml has them. */
static gdi_run_settings run_settings(const gdi_crew *crew, const char *id)
{
    const gdi_config *c = crew->options.config;
    finding f = {.id = id, .gpu_count = 1};
    gdi_records_each(crew->options.records, &f, count_gpus);
    uint64_t gpus = f.gpu_count == 0 ? 1 : f.gpu_count;
    return (gdi_run_settings){.runner = c->trainer_runner,
                              .config = json_object_get(c->trainer_runners, c->trainer_runner),
                              .trusted = c->trainer_trusted != 0,
                              .build_network = c->trainer_build_network != 0,
                              .build_disk_bytes_max = (uint64_t)c->trainer_build_disk_gib << 30,
                              .memory_bytes = gpus * (uint64_t)c->trainer_memory_gib_per_gpu << 30,
                              .nano_cpus = gpus * (uint64_t)c->trainer_cpus_per_gpu * 1000000000u};
}

static const char *or_null(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

static god_status describe_work(const gdi_crew *crew, const char *id, const gdi_work_calls *calls,
                                char job_dir[GOD_PATH_MAX], gdi_work *ret_work, god_error *err)
{
    const gdi_crew_options *o = &crew->options;
    GOD_TRY(god_path_join(o->jobs_dir, id, job_dir, err));
    *ret_work = (gdi_work){.job_dir = job_dir,
                           .config = o->config,
                           .layout = o->layout,
                           .types = o->types,
                           .types_mutex = o->types_mutex,
                           .secrets = o->secrets,
                           .salt = o->salt,
                           .hub_user = o->hub_user,
                           .calls = calls,
                           .run = run_settings(crew, id),
                           .environments = o->config->trainer_environments,
                           .prep_image = or_null(o->config->trainer_prep_image),
                           .prep_dir = or_null(o->config->trainer_prep_folder),
                           .allow_local_repository = o->config->trainer_local_repositories != 0};
    return GOD_OK;
}

/* After a trouble of this machine. 1: it is to be left alone, the crew stops. */
static uint32_t rest(member *m)
{
    gdi_crew *crew = m->crew;
    struct timespec until;
    uint32_t ms = crew->options.retry_ms == 0 ? retry_ms_default : crew->options.retry_ms;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    uint32_t stop_before = atomic_load(&m->stop);
    (void)pthread_mutex_lock(&crew->lock);
    while (!crew->is_stopping && atomic_load(&m->stop) == stop_before &&
           pthread_cond_timedwait(&crew->changed, &crew->lock, &until) == 0) {
    }
    uint32_t is_stopping = crew->is_stopping;
    (void)pthread_mutex_unlock(&crew->lock);
    return is_stopping;
}

static void finish(member *m, const gdi_work_end *end)
{
    gdi_crew *crew = m->crew;
    uint32_t status = end->succeeded ? GDI_RECORD_SUCCESS : GDI_RECORD_FAILURE;
    if (end->run_url[0] != '\0') {
        gdi_records_run_url(crew->options.records, m->id, end->run_url);
    }
    gdi_records_end(crew->options.records, m->id, status, end->answer, end->ended_us);
    gdi_log_write(crew->options.log, GOD_LOG_INFO, "a job has ended", "job", m->id, "status",
                  end->succeeded ? "success" : "failure", "reason", end->message, "repository", end->repository, NULL);
}

/* Until it has ended (1), or the crew stops (0). */
static uint32_t run_to_its_end(member *m)
{
    const gdi_work_calls calls = {
        .user = m, .stop_asked = stop_asked, .log = say, .step = enter, .container_started = container_started};
    for (;;) {
        char job_dir[GOD_PATH_MAX];
        gdi_work work;
        gdi_work_end end = {.succeeded = 0};
        god_error why = GOD_ERROR_INIT;
        god_status status = describe_work(m->crew, m->id, &calls, job_dir, &work, &why);
        if (status == GOD_OK) {
            status = gdi_work_run(&work, &end, &why);
        }
        if (status == GOD_OK) {
            finish(m, &end);
            gdi_work_end_clear(&end);
            return 1;
        }
        if (atomic_load(&m->stop) == GDI_WORK_PAUSE) {
            return 0;
        }
        gdi_log_write(m->crew->options.log, GOD_LOG_WARNING, "a job does not get on, trying again", "job", m->id,
                      "reason", why.message, NULL);
        if (rest(m)) {
            return 0;
        }
    }
}

static void *run_member(void *user)
{
    member *m = user;
    gdi_crew *crew = m->crew;
    if (run_to_its_end(m)) {
        gdi_records_set_at_work(crew->options.records, m->id, 0);
        if (crew->options.ended != NULL) {
            crew->options.ended(crew->options.user);
        }
    }
    (void)pthread_mutex_lock(&crew->lock);
    m->has_ended = 1;
    (void)pthread_cond_broadcast(&crew->changed);
    (void)pthread_mutex_unlock(&crew->lock);
    return NULL;
}

/* ---- the crew ---- */

god_status gdi_crew_open(const gdi_crew_options *options, gdi_crew **ret_crew, god_error *err)
{
    pthread_condattr_t monotonic;
    gdi_crew *crew = calloc(1, sizeof *crew);
    if (crew == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the jobs of a trainer");
    }
    crew->options = *options;
    (void)pthread_mutex_init(&crew->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&crew->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    *ret_crew = crew;
    return GOD_OK;
}

void gdi_crew_close(gdi_crew *crew)
{
    if (crew == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&crew->lock);
    crew->is_stopping = 1;
    for (uint32_t i = 0; i < GDI_CREW_MAX; i++) {
        atomic_store(&crew->members[i].stop, GDI_WORK_PAUSE);
    }
    (void)pthread_cond_broadcast(&crew->changed);
    (void)pthread_mutex_unlock(&crew->lock);
    for (uint32_t i = 0; i < GDI_CREW_MAX; i++) {
        if (crew->members[i].used) {
            (void)pthread_join(crew->members[i].thread, NULL);
        }
    }
    (void)pthread_cond_destroy(&crew->changed);
    (void)pthread_mutex_destroy(&crew->lock);
    free(crew);
}

/* With the lock held. NULL: nobody works on it. */
static member *find(gdi_crew *crew, const char *id)
{
    for (uint32_t i = 0; i < GDI_CREW_MAX; i++) {
        member *m = &crew->members[i];
        if (m->used && !m->has_ended && strcmp(m->id, id) == 0) {
            return m;
        }
    }
    return NULL;
}

/* With the lock held. A place whose thread has ended is free again. NULL: none. */
static member *find_place(gdi_crew *crew)
{
    for (uint32_t i = 0; i < GDI_CREW_MAX; i++) {
        member *m = &crew->members[i];
        if (m->used && m->has_ended) {
            (void)pthread_join(m->thread, NULL); /* it lets go of the lock as its last deed */
            m->used = 0;
        }
        if (!m->used) {
            return m;
        }
    }
    return NULL;
}

god_status gdi_crew_start(gdi_crew *crew, const char *id, god_error *err)
{
    god_status status = GOD_OK;
    (void)pthread_mutex_lock(&crew->lock);
    member *m = find_place(crew);
    if (m == NULL || crew->is_stopping) {
        status = god_fail(err, GOD_E_UNSUPPORTED, "this trainer has %d jobs already", GDI_CREW_MAX);
    } else {
        m->crew = crew;
        m->has_ended = 0;
        (void)snprintf(m->id, sizeof m->id, "%s", id);
        atomic_store(&m->stop, GDI_WORK_GO_ON);
        atomic_store(&m->step, GDI_WORK_CLONING);
        gdi_records_set_at_work(crew->options.records, id, 1);
        m->used = pthread_create(&m->thread, NULL, run_member, m) == 0;
        if (!m->used) {
            gdi_records_set_at_work(crew->options.records, id, 0);
            status = god_fail(err, GOD_E_IO, "cannot start a thread for a job");
        }
    }
    (void)pthread_mutex_unlock(&crew->lock);
    return status;
}

void gdi_crew_cancel(gdi_crew *crew, const char *id)
{
    (void)pthread_mutex_lock(&crew->lock);
    member *m = find(crew, id);
    if (m != NULL && !crew->is_stopping) {
        atomic_store(&m->stop, GDI_WORK_CANCEL);
        (void)pthread_cond_broadcast(&crew->changed);
    }
    (void)pthread_mutex_unlock(&crew->lock);
}

uint32_t gdi_crew_step(gdi_crew *crew, const char *id)
{
    (void)pthread_mutex_lock(&crew->lock);
    member *m = find(crew, id);
    uint32_t step = m == NULL ? 0 : atomic_load(&m->step);
    (void)pthread_mutex_unlock(&crew->lock);
    return step;
}

uint32_t gdi_crew_count(gdi_crew *crew)
{
    uint32_t count = 0;
    (void)pthread_mutex_lock(&crew->lock);
    for (uint32_t i = 0; i < GDI_CREW_MAX; i++) {
        count += crew->members[i].used && !crew->members[i].has_ended;
    }
    (void)pthread_mutex_unlock(&crew->lock);
    return count;
}

god_status gdi_crew_remove(gdi_crew *crew, const char *id, god_error *err)
{
    char job_dir[GOD_PATH_MAX];
    gdi_work work;
    GOD_TRY(describe_work(crew, id, NULL, job_dir, &work, err));
    return gdi_work_remove(&work, err);
}
