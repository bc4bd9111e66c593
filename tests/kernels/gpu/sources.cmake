# What gpu-check is made of: its own files and the parts of the engine that compute, which need no library. `root` is the
# repository.
file(GLOB gpu_check_sources "${root}/sdk/nn/ops/*.c")
foreach(name alibi arch engine forward keep linear memory modules moe pack rope_tables score stock tables)
    list(APPEND gpu_check_sources "${root}/sdk/nn/lm/${name}.c")
endforeach()
foreach(name attention_timing check kernels main models no_files random_model timing)
    list(APPEND gpu_check_sources "${root}/tests/kernels/gpu/${name}.c")
endforeach()
list(APPEND gpu_check_sources "${root}/sdk/nn/format/convert.c" "${root}/sdk/nn/tensor/module.c"
    "${root}/sdk/nn/tensor/reference.c" "${root}/sdk/helpers/file.c" "${root}/sdk/helpers/processors.c"
    "${root}/sdk/helpers/text.c")
