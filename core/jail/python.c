#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "core/jail/python.h"
#include "core/jail/template_side.h"

/* The interpreter cannot be had twice in a process, so its handles live here. */
static struct {
    PyObject *module, *renderer, *text;
} side;

/* Takes the pending exception and writes it into err in one line. */
static god_status fail_with_exception(god_error *err, god_status code, const char *doing)
{
    PyObject *type = NULL, *value = NULL, *trace = NULL;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    if (type != NULL && PyErr_GivenExceptionMatches(type, PyExc_MemoryError)) {
        code = GOD_E_NOMEM;
    }
    const char *text = NULL;
    PyObject *line = side.module == NULL ? NULL : PyObject_CallMethod(side.module, "describe", "O", value);
    if (line != NULL) {
        text = PyUnicode_AsUTF8(line);
    }
    (void)god_fail(err, code, "%s: %s", doing, text != NULL ? text : "the interpreter gives no reason");
    Py_XDECREF(line);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    PyErr_Clear();
    return code;
}

/* Isolated: no environment variables, no user folder, no signal handlers; the same hash order in every run. */
static god_status start_interpreter(god_error *err)
{
    PyPreConfig pre;
    PyPreConfig_InitIsolatedConfig(&pre);
    pre.utf8_mode = 1;
    PyStatus status = Py_PreInitialize(&pre);
    if (PyStatus_Exception(status)) {
        return god_fail(err, GOD_E_INTERNAL, "cannot start Python: %s", status.err_msg);
    }
    PyConfig config;
    PyConfig_InitIsolatedConfig(&config);
    config.write_bytecode = 0;
    config.use_hash_seed = 1;
    config.hash_seed = 0;
    status = PyConfig_SetBytesString(&config, &config.program_name, GDI_PYTHON);
    if (!PyStatus_Exception(status)) {
        status = Py_InitializeFromConfig(&config);
    }
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status)) {
        return god_fail(err, GOD_E_INTERNAL, "cannot start Python: %s", status.err_msg);
    }
    return GOD_OK;
}

/* After warm-up nothing is imported any more; a template that makes Python try gets an ordinary ImportError. */
static god_status forget_where_modules_are(god_error *err)
{
    static const char *const names[] = {"path", "meta_path", "path_hooks"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        PyObject *empty = PyList_New(0);
        if (empty == NULL || PySys_SetObject(names[i], empty) != 0) {
            Py_XDECREF(empty);
            return fail_with_exception(err, GOD_E_INTERNAL, "cannot clear the module search path");
        }
        Py_DECREF(empty);
    }
    return GOD_OK;
}

static god_status load_side(int64_t now_s, god_error *err)
{
    PyObject *code = Py_CompileString(gdi_template_side_source, "template_side.py", Py_file_input);
    if (code == NULL) {
        return fail_with_exception(err, GOD_E_INTERNAL, "template_side.py");
    }
    side.module = PyImport_ExecCodeModule("template_side", code);
    Py_DECREF(code);
    if (side.module == NULL) {
        return fail_with_exception(err, GOD_E_INTERNAL, "Jinja2 cannot be loaded (Debian package python3-jinja2)");
    }
    PyObject *none = PyObject_CallMethod(side.module, "warm_up", NULL);
    if (none == NULL) {
        return fail_with_exception(err, GOD_E_INTERNAL, "Jinja2 does not work");
    }
    Py_DECREF(none);
    side.renderer = PyObject_CallMethod(side.module, "Renderer", "L", (long long)now_s);
    if (side.renderer == NULL) {
        return fail_with_exception(err, GOD_E_INTERNAL, "cannot set up Jinja2");
    }
    return GOD_OK;
}

god_status gdi_python_start(int64_t now_s, god_error *err)
{
    GOD_TRY(start_interpreter(err));
    GOD_TRY(load_side(now_s, err));
    return forget_where_modules_are(err);
}

god_status gdi_python_compile(const char *source, god_error *err)
{
    PyObject *none = PyObject_CallMethod(side.renderer, "compile", "s", source);
    if (none == NULL) {
        return fail_with_exception(err, GOD_E_DATA, "the chat template");
    }
    Py_DECREF(none);
    return GOD_OK;
}

god_status gdi_python_render(const char *context_json, const char **ret_text, size_t *ret_bytes, god_error *err)
{
    PyObject *text = PyObject_CallMethod(side.renderer, "render", "s", context_json);
    if (text == NULL) {
        return fail_with_exception(err, GOD_E_DATA, "the chat template");
    }
    Py_ssize_t bytes = 0;
    const char *utf8 = PyUnicode_AsUTF8AndSize(text, &bytes);
    if (utf8 == NULL) {
        Py_DECREF(text);
        return fail_with_exception(err, GOD_E_DATA, "the rendered text");
    }
    Py_XSETREF(side.text, text);
    *ret_text = utf8;
    *ret_bytes = (size_t)bytes;
    return GOD_OK;
}
