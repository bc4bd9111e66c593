/* core/http/api_work.h: the routes by which work is taken and answered from outside. Part of gdi_api_admin_tables. */
#ifndef GDI_HTTP_API_WORK_H
#define GDI_HTTP_API_WORK_H

#include "core/http/route.h"

extern const gdi_route gdi_api_work_routes[];

#endif
