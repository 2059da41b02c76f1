//! Routes as the project model sees them: method, url, handler and who may ask.

use tokscan::engine::with_project;
use tokscan::link::{Cx, Kind, Part, Val};
use tokscan::project::Entity;
use tokscan::rule::RuleSet;
use tokscan::source::FileTable;

fn text(cx: &Cx<'_, '_>, value: &Val) -> String {
    match &value.kind {
        Kind::Text(parts) => parts
            .iter()
            .map(|part| match part {
                Part::Lit(text) => text.clone(),
                Part::Hole(_) => "…".to_owned(),
            })
            .collect(),
        Kind::Const(_) => value.as_str().unwrap_or_default().to_owned(),
        Kind::Seq(seq) => {
            let items: Vec<String> = seq.items.iter().map(|item| text(cx, item)).collect();
            items.join(",")
        }
        Kind::Opaque => "…".to_owned(),
        Kind::Absent => String::new(),
        _ => cx.show(value, false),
    }
}

/// One line for each route, sorted.
fn routes(
    files: &[(&str, &str)],
    line: impl Fn(&Cx<'_, '_>, &Entity) -> String + Sync,
) -> Vec<String> {
    let rules = RuleSet::builtin().expect("the embedded packs load");
    let table = FileTable::in_memory(files.iter().copied());
    let mut lines = with_project(&table, &rules, |target| {
        let cx = Cx::new(target.project);
        target.model.routes.iter().map(|route| line(&cx, route)).collect::<Vec<_>>()
    })
    .expect("it is analysed");
    lines.sort();
    lines
}

/// `METHODS url handler auth`
fn guarded(files: &[(&str, &str)]) -> Vec<String> {
    routes(files, |cx, route| {
        let of = |name: &str| text(cx, &route.attribute(name));
        let methods = of("methods").replace("GET,POST,PUT,PATCH,DELETE", "ANY");
        format!("{methods} {} {} {}", of("url"), of("handler"), of("guard.auth"))
    })
}

/// `url` and one further attribute.
fn with(files: &[(&str, &str)], name: &str) -> Vec<String> {
    routes(files, |cx, route| {
        format!("{} {}", text(cx, &route.attribute("url")), text(cx, &route.attribute(name)))
    })
}

#[test]
fn flask_decorators_blueprints_and_factories() {
    let files = [
        (
            "shop/app.py",
            "from flask import Flask\nfrom .users import users\nfrom .admin import make_admin\n\n\
             def create_app():\n    app = Flask(__name__)\n    app.register_blueprint(users, url_prefix='/u')\n    \
             app.register_blueprint(make_admin())\n\n    @app.get('/health')\n    def health():\n        return 'ok'\n\n    return app\n",
        ),
        (
            "shop/users.py",
            "from flask import Blueprint\nfrom flask_login import login_required\n\n\
             users = Blueprint('users', __name__, url_prefix='/ignored')\ninner = Blueprint('inner', __name__, url_prefix='/in')\n\
             users.register_blueprint(inner)\n\n@users.route('/me', methods=['GET', 'POST'])\n@login_required\ndef me():\n    return ''\n\n\
             @login_required\n@users.route('/open')\ndef open_after_all():\n    return ''\n\n@inner.post('/x/<int:id>')\ndef x(id):\n    return ''\n",
        ),
        (
            "shop/admin.py",
            "from flask import Blueprint\n\ndef make_admin():\n    bp = Blueprint('admin', __name__, url_prefix='/admin')\n\n    \
             @bp.before_request\n    def check():\n        from flask import abort, session\n        if 'user_id' not in session:\n            abort(401)\n\n    \
             @bp.delete('/all')\n    def wipe():\n        return ''\n\n    return bp\n",
        ),
    ];
    assert_eq!(
        guarded(&files),
        [
            "DELETE /admin/all make_admin.wipe unknown",
            "GET /health create_app.health none",
            "GET /u/open open_after_all none",
            "GET,POST /u/me me user",
            "POST /u/in/x/<int:id> x none",
        ]
    );
}

#[test]
fn flask_classes_wrappers_and_loops() {
    let files = [(
        "app.py",
        "from flask import Flask, Blueprint\nfrom flask.views import MethodView\nfrom flask_restful import Api, Resource\n\
             from flask_jwt_extended import jwt_required\n\napp = Flask(__name__)\nbp = Blueprint('b', __name__, url_prefix='/b')\n\
             api = Api(bp, prefix='/v1')\n\n\
             class Items(MethodView):\n    decorators = [jwt_required()]\n\n    def get(self):\n        return ''\n\n    def post(self):\n        return ''\n\n\
             class Things(Resource):\n    @jwt_required(optional=True)\n    def get(self):\n        return ''\n\n    def put(self):\n        return ''\n\n\
             def add(url, view):\n    app.add_url_rule('/x' + url, view_func=view)\n\n\
             add('/items', Items.as_view('items'))\napi.add_resource(Things, '/things', '/things/<id>')\n\n\
             def one():\n    return ''\n\ndef two():\n    return ''\n\n\
             for url, view in [('/one', one), ('/two', two)]:\n    app.add_url_rule(url, view_func=view)\n\n\
             for each in (bp,):\n    app.register_blueprint(each)\n",
    )];
    assert_eq!(
        guarded(&files),
        [
            "GET /b/v1/things Things.get optional",
            "GET /b/v1/things/<id> Things.get optional",
            "GET /one one none",
            "GET /two two none",
            "GET /x/items Items.get user",
            "POST /x/items Items.post user",
            "PUT /b/v1/things Things.put none",
            "PUT /b/v1/things/<id> Things.put none",
        ]
    );
}

const SETTINGS: (&str, &str) = (
    "shop/settings.py",
    "INSTALLED_APPS = ['rest_framework']\nROOT_URLCONF = 'shop.urls'\n\
     MIDDLEWARE = ['django.middleware.csrf.CsrfViewMiddleware']\n\
     REST_FRAMEWORK = {'DEFAULT_PERMISSION_CLASSES': ['rest_framework.permissions.IsAuthenticated']}\n",
);

#[test]
fn django_lists_includes_and_wrappers() {
    let files = [
        SETTINGS,
        ("shop/__init__.py", ""),
        ("shop/users/__init__.py", ""),
        (
            "shop/urls.py",
            "from django.conf import settings\nfrom django.conf.urls.i18n import i18n_patterns\nfrom django.contrib import admin\n\
             from django.contrib.auth.decorators import login_required\nfrom django.urls import include, path, re_path\n\
             from django.views.decorators.csrf import csrf_exempt\nfrom . import views\n\n\
             extra = [path('more/', views.more)]\n\n\
             urlpatterns = [\n    path('admin/', admin.site.urls),\n    path('users/', include('shop.users.urls', namespace='u')),\n    \
             re_path(r'^old/(?P<year>[0-9]{4})/$', login_required(views.old)),\n    path('hook/', csrf_exempt(views.hook)),\n] + extra\n\n\
             urlpatterns += i18n_patterns(path('hello/', views.Hello.as_view()))\n\
             if settings.DEBUG:\n    urlpatterns += [path('debug/', views.more)]\n",
        ),
        (
            "shop/users/urls.py",
            "from django.urls import path\nfrom . import views\n\napp_name = 'users'\n\
             urlpatterns = [path('<int:pk>/', views.Detail.as_view(), name='detail')]\n",
        ),
        (
            "shop/users/views.py",
            "from django.contrib.auth.mixins import LoginRequiredMixin\nfrom django.views.generic import DetailView\n\n\
             class Detail(LoginRequiredMixin, DetailView):\n    pass\n",
        ),
        (
            "shop/views.py",
            "from django.contrib.auth.decorators import user_passes_test\nfrom django.core.exceptions import PermissionDenied\n\
             from django.http import HttpResponse\nfrom django.utils.decorators import method_decorator\nfrom django.views import View\n\
             from django.views.decorators.http import require_POST\nfrom shop.own import audited, checked, staff_only\n\n\
             @audited\ndef more(request):\n    return HttpResponse()\n\n@checked\ndef old(request, year):\n    return HttpResponse()\n\n\
             @require_POST\ndef hook(request):\n    return HttpResponse()\n\n\
             @method_decorator(staff_only, name='post')\nclass Hello(View):\n    def get(self, request):\n        return HttpResponse()\n\n    \
             def post(self, request):\n        return HttpResponse()\n",
        ),
        (
            "shop/own.py",
            "import functools\nimport logging\nfrom django.contrib.auth.decorators import user_passes_test\n\nlogger = logging.getLogger(__name__)\n\n\
             def audited(view):\n    @functools.wraps(view)\n    def wrapper(request, *args, **kwargs):\n        logger.info('called')\n        \
             return view(request, *args, **kwargs)\n    return wrapper\n\n\
             def checked(view):\n    def wrapper(request, *args, **kwargs):\n        if not request.GET.get('key'):\n            return None\n        \
             return view(request, *args, **kwargs)\n    return wrapper\n\n\
             def staff_only(view):\n    return user_passes_test(lambda user: user.is_staff)(view)\n",
        ),
    ];
    assert_eq!(
        guarded(&files),
        [
            "ANY /admin/ django.contrib.admin.site.urls staff",
            "ANY /more/ more none",
            "ANY /old/<int:year>/ old user",
            "GET /<language_code>/hello/ Hello.get none",
            "GET /users/<int:pk>/ Detail user",
            "POST /<language_code>/hello/ Hello.post staff",
            "POST /hook/ hook none",
        ]
    );
    let csrf = with(&files, "guard.csrf");
    assert!(csrf.contains(&"/hook/ none".to_owned()), "{csrf:?}");
    assert!(csrf.contains(&"/more/ user".to_owned()), "{csrf:?}");
    let names = with(&files, "name");
    assert!(names.contains(&"/users/<int:pk>/ u:detail".to_owned()), "{names:?}");
}

#[test]
fn rest_framework_routers_actions_and_functions() {
    let files = [
        SETTINGS,
        ("shop/__init__.py", ""),
        (
            "shop/urls.py",
            "from django.urls import include, path\nfrom rest_framework.authtoken.views import obtain_auth_token\nfrom rest_framework.routers import DefaultRouter\n\
             from shop import views\n\nrouter = DefaultRouter()\nrouter.register('orders', views.Orders)\n\n\
             urlpatterns = [\n    path('api/', include(router.urls)),\n    path('api/token/', obtain_auth_token),\n    path('ping/', views.ping),\n    path('who/', views.who),\n    \
             path('one/', views.Orders.as_view({'get': 'retrieve'})),\n]\n",
        ),
        (
            "shop/views.py",
            "from rest_framework import mixins, permissions, viewsets\nfrom rest_framework.decorators import action, api_view, permission_classes\n\
             from rest_framework.permissions import AllowAny, BasePermission\nfrom rest_framework.response import Response\nfrom rest_framework.throttling import UserRateThrottle\n\n\
             class Owner(BasePermission):\n    def has_permission(self, request, view):\n        return True\n\n\
             class Orders(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):\n    lookup_field = 'number'\n    throttle_classes = [UserRateThrottle]\n\n    \
             @action(detail=True, methods=['post'], url_path='pay-now', permission_classes=[AllowAny])\n    def pay(self, request, number=None):\n        return Response()\n\n    \
             @action(detail=False, permission_classes=[permissions.IsAuthenticated & Owner])\n    def mine(self, request):\n        return Response()\n\n\
             @api_view(['GET'])\n@permission_classes([AllowAny])\ndef ping(request):\n    return Response()\n\n\
             @api_view(['POST'])\n@permission_classes([Owner])\ndef who(request):\n    return Response()\n",
        ),
    ];
    assert_eq!(
        guarded(&files),
        [
            "ANY /api/token/ rest_framework.authtoken.views.obtain_auth_token none",
            "GET /api/orders/ Orders user",
            "GET /api/orders/<number>/ Orders user",
            "GET /api/orders/mine/ Orders.mine user",
            "GET /one/ Orders user",
            "GET /ping/ ping none",
            "POST /api/orders/<number>/pay-now/ Orders.pay none",
            "POST /who/ who unknown",
        ]
    );
    let throttle = with(&files, "guard.throttle");
    assert!(throttle.contains(&"/api/orders/ user".to_owned()), "{throttle:?}");
    assert!(throttle.contains(&"/api/token/ none".to_owned()), "{throttle:?}");
    assert!(throttle.contains(&"/ping/ none".to_owned()), "{throttle:?}");
}

#[test]
fn hooks_limits_and_exemptions_of_flask() {
    let files = [(
        "app.py",
        "from flask import Flask, Blueprint\nfrom flask_limiter import Limiter\nfrom flask_wtf.csrf import CSRFProtect\nfrom flask_jwt_extended import verify_jwt_in_request\n\
         from helpers import anything\n\napp = Flask(__name__)\nlimiter = Limiter(lambda: '', app=app)\ncsrf = CSRFProtect(app)\n\
         api = Blueprint('api', __name__, url_prefix='/api')\nhook = Blueprint('hook', __name__, url_prefix='/hook')\ncsrf.exempt(hook)\n\n\
         @api.before_request\ndef guard():\n    verify_jwt_in_request()\n\n@app.before_request\ndef count():\n    print('one more')\n\n\
         @api.post('/a')\n@limiter.limit('5/minute')\ndef a():\n    return ''\n\n@hook.post('/b')\ndef b():\n    return ''\n\n\
         @app.post('/c')\n@anything\ndef c():\n    return ''\n\napp.register_blueprint(api)\napp.register_blueprint(hook)\n",
    )];
    assert_eq!(guarded(&files), ["POST /api/a a user", "POST /c c unknown", "POST /hook/b b none"]);
    assert_eq!(with(&files, "guard.csrf"), ["/api/a user", "/c user", "/hook/b none"]);
    assert_eq!(with(&files, "guard.throttle"), ["/api/a user", "/c unknown", "/hook/b none"]);
}

#[test]
fn appbuilder_classes_and_checks_inside() {
    let files = [(
        "app.py",
        "from flask import Flask, abort\nfrom flask_appbuilder import AppBuilder, BaseView, expose\nfrom flask_appbuilder.security.decorators import has_access\n\
             from flask_login import current_user\n\napp = Flask(__name__)\nbuilder = AppBuilder(app)\n\n\
             class Reports(BaseView):\n    route_base = '/reports'\n\n    @expose('/list', methods=['GET'])\n    @has_access\n    def list(self):\n        return ''\n\n    \
             @expose('/open')\n    def open(self):\n        return ''\n\nbuilder.add_view_no_menu(Reports)\n\n\
             def require():\n    if not current_user.is_authenticated:\n        abort(401)\n\n@app.get('/x')\ndef x():\n    require()\n    return ''\n",
    )];
    assert_eq!(
        guarded(&files),
        [
            "GET /reports/list Reports.list user",
            "GET /reports/open Reports.open unknown",
            "GET /x x user"
        ]
    );
}

/// Path and line of each finding of a rule that is made of `matcher`.
fn found(files: &[(&str, &str)], matcher: &str) -> Vec<(String, u32)> {
    let pack = format!(
        "[[rule]]\nid = \"own\"\ntitle = \"t\"\ncategory = \"auth\"\nseverity = \"high\"\nconfidence = \"high\"\ncwe = [1]\n\
         why = \"w\"\nfix = \"f\"\nreferences = [\"https://example.org\"]\nmessage = \"m\"\n\n[[rule.match]]\n{matcher}\n\n\
         [[rule.example]]\nbad = \"a = 1  # <- here\"\n[[rule.example]]\ngood = \"a = 2\"\n[[rule.example]]\ngood = \"a = 3\"\n"
    );
    let file = tempfile::Builder::new().suffix(".toml").tempfile().expect("a file");
    std::fs::write(file.path(), pack).expect("written");
    let rules = RuleSet::load(&[file.path().to_path_buf()]).expect("the pack loads");
    let table = FileTable::in_memory(files.iter().copied());
    let options =
        tokscan::engine::ScanOptions { select: vec!["own".to_owned()], ..Default::default() };
    let outcome = tokscan::engine::analyse(table, &rules, &options).expect("it is analysed");
    let places = outcome.findings.iter().map(|finding| {
        let loc = finding.primary.loc;
        let ((line, _), _) = outcome.files.line_col(loc);
        (outcome.files.get(loc.file).path.clone(), line)
    });
    places.collect()
}

const AUDITED: [(&str, &str); 3] = [
    (
        "shop/app.py",
        "from flask import Flask\nfrom shop.views import bp\n\napp = Flask(__name__)\napp.register_blueprint(bp)\n",
    ),
    (
        "shop/views.py",
        "from flask import Blueprint\nfrom shop.work import audit, audited, remove\n\nbp = Blueprint('b', __name__)\n\n\
         @bp.delete('/one')\ndef one():\n    audit()\n    return remove(1)\n\n\
         @bp.delete('/two')\n@audited\ndef two():\n    return remove(2)\n\n\
         @bp.delete('/three')\ndef three():\n    return remove(3)\n\n\
         @bp.get('/four')\ndef four():\n    return 'text'\n",
    ),
    (
        "shop/work.py",
        "import functools\nimport logging\nimport shutil\n\ndef audit():\n    logging.getLogger('audit').warning('gone')\n\n\
         def audited(view):\n    @functools.wraps(view)\n    def wrapper(*args):\n        audit()\n        return view(*args)\n    return wrapper\n\n\
         def remove(what):\n    shutil.rmtree(str(what))\n    return ''\n",
    ),
];

#[test]
fn what_handlers_do_and_return() {
    let lines = |matcher: &str| {
        let all = found(&AUDITED, matcher);
        all.into_iter().map(|(_, line)| line).collect::<Vec<_>>()
    };
    assert_eq!(
        lines("route = { does = \"shutil.rmtree(...)\", methods = \"DELETE\" }"),
        [7, 13, 17]
    );
    assert_eq!(lines("route = { does = \"shutil.rmtree(...)\", methods = \"GET\" }"), [0; 0]);
    assert_eq!(lines("route = { returns = { eq = \"text\" } }"), [21]);
    assert_eq!(lines("route = { url = { prefix = \"/t\" }, guard.auth = \"none\" }"), [13, 17]);
}

#[test]
fn the_scope_handler_reaches_from_hooks_to_helpers() {
    let of = |word: &str, subject: &str| {
        let clause = "[{ pattern = \"logging.Logger.warning(...)\", scope = \"handler\" }]";
        let all = found(&AUDITED, &format!("{subject}\n{word} = {clause}"));
        all.into_iter().map(|(_, line)| line).collect::<Vec<_>>()
    };
    let route = "route = { does = \"shutil.rmtree(...)\" }";
    assert_eq!(of("missing", route), [17]);
    assert_eq!(of("present", route), [7, 13]);
    // One of the requests that lead to the call does without it.
    assert_eq!(of("missing", "pattern = \"shutil.rmtree(...)\""), [16]);
}
