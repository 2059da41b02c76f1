//! Routes that classes answer: their methods, resources, exposed methods.

use super::emit::{Draft, Emitter, is_bare};
use super::handler::{self, Handler, Method, Target};
use super::routers::captured;
use super::url::Url;
use crate::base::{FxHashSet, Symbol};
use crate::link::{ClassRef, FnRef, Kind, Ty, Val};
use crate::rule::routing::ViewModel;

impl<'r> Emitter<'_, '_, 'r> {
    pub(super) fn add_class(&mut self, draft: &Draft<'_>, ty: &Ty) {
        let cx = self.judge.cx;
        if !draft.expand.is_empty() {
            return self.add_resource(draft, ty);
        }
        let exposes: Vec<&ViewModel> =
            handler::views(cx, ty).filter(|view| !view.exposes.is_empty()).collect();
        let has_url = !draft.url.parameters().is_empty() || !is_bare(&draft.url);
        if let Some(view) = exposes.first().filter(|_| !has_url) {
            return self.add_exposed_of(draft, ty, view, None, "");
        }
        let mapped = self.action_map(draft, ty);
        let answers = match mapped {
            Some(mapped) => mapped,
            None => handler::answers(cx, ty),
        };
        if answers.is_empty() {
            return self.add_method(draft, ty, &draft.methods.clone(), None, Method::Library);
        }
        // What the library implements is one route; each method of the project is its own.
        let mut library: Vec<String> = Vec::new();
        let mut library_name = None;
        for (request, name, by) in answers {
            if draft.said && !draft.methods.contains(&request) {
                continue;
            }
            match by {
                Method::Library => {
                    library.push(request);
                    library_name = library_name.or(Some(name));
                }
                Method::Project(_) => self.add_method(draft, ty, &[request], Some(name), by),
            }
        }
        if !library.is_empty() {
            self.add_method(draft, ty, &library, library_name, Method::Library);
        }
    }

    /// `as_view({"get": "list"})`
    fn action_map(&self, draft: &Draft<'_>, ty: &Ty) -> Option<Vec<(String, Symbol, Method)>> {
        let cx = self.judge.cx;
        handler::views(cx, ty).find(|view| view.action_map)?;
        let dict = draft.handler.options.positional.first()?.in_force()?.as_dict()?;
        let mapped = dict.entries.iter().filter_map(|(request, action)| {
            let name = cx.project.names.get(action.as_str()?)?;
            let by = handler::method(cx, ty, name).unwrap_or(Method::Library);
            Some((request.as_str()?.to_ascii_uppercase(), name, by))
        });
        Some(mapped.collect())
    }

    fn add_method(
        &mut self,
        draft: &Draft<'_>,
        ty: &Ty,
        methods: &[String],
        name: Option<Symbol>,
        by: Method,
    ) {
        let url = draft.url.clone();
        self.add_method_at(draft, ty, methods, name, by, url, &[]);
    }

    #[expect(clippy::too_many_arguments, reason = "a route has that many parts")]
    fn add_method_at(
        &mut self,
        draft: &Draft<'_>,
        ty: &Ty,
        methods: &[String],
        name: Option<Symbol>,
        by: Method,
        url: Url,
        options: &[(Symbol, Val)],
    ) {
        let cx = self.judge.cx;
        let mut guards = self.around(draft);
        let mut all = options.to_vec();
        all.extend(draft.options.iter().cloned());
        all.extend(draft.handler.options.keywords.iter().cloned());
        let text = name.map(|name| cx.project.name(name));
        self.judge.class(ty, text, by, &all, &mut guards);
        let mut entries: Vec<FnRef> = Vec::new();
        let func = match by {
            Method::Project(func) => Some(func),
            Method::Library => None,
        };
        entries.extend(func);
        entries.extend(self.judge.helpers(ty).iter().filter(|f| Some(**f) != func));
        self.close(draft, Some(ty), &entries, &mut guards);
        let methods = match &guards.methods {
            Some(limited) => {
                let kept: Vec<String> =
                    methods.iter().filter(|m| limited.contains(m)).cloned().collect();
                if kept.is_empty() { methods.to_vec() } else { kept }
            }
            None => methods.to_vec(),
        };
        self.push(draft, methods, url, func, &guards);
    }

    /// All routes of a resource.
    fn add_resource(&mut self, draft: &Draft<'_>, ty: &Ty) {
        let cx = self.judge.cx;
        for expansion in draft.expand {
            let lookup = expansion.lookup.iter().find_map(|name| {
                handler::class_attribute(cx, ty, *name).as_str().map(str::to_owned)
            });
            let template = match &lookup {
                Some(name) => expansion.url.replace("<pk>", &format!("<{name}>")),
                None => expansion.url.clone(),
            };
            match expansion.detail {
                None => {
                    let mut library = Vec::new();
                    let mut library_name = None;
                    let limit = handler::limited(cx, ty);
                    for (name, request) in &expansion.actions {
                        let allowed = limit
                            .as_ref()
                            .is_none_or(|l| l.contains(&request.to_ascii_lowercase()));
                        let url = draft.url.join(&Url::text(&template));
                        match handler::method(cx, ty, *name).filter(|_| allowed) {
                            Some(by @ Method::Project(_)) => self.add_method_at(
                                draft,
                                ty,
                                std::slice::from_ref(request),
                                Some(*name),
                                by,
                                url,
                                &[],
                            ),
                            Some(Method::Library) => {
                                library.push(request.clone());
                                library_name = library_name.or(Some(*name));
                            }
                            None => {}
                        }
                    }
                    if !library.is_empty() {
                        let url = draft.url.join(&Url::text(&template));
                        self.add_method_at(
                            draft,
                            ty,
                            &library,
                            library_name,
                            Method::Library,
                            url,
                            &[],
                        );
                    }
                }
                detail @ Some(_) => {
                    let views: Vec<&ViewModel> =
                        handler::views(cx, ty).filter(|view| !view.exposes.is_empty()).collect();
                    if let Some(view) = views.first() {
                        self.add_exposed_of(draft, ty, view, detail, &template);
                    }
                }
            }
        }
    }

    /// The exposed methods of a class, below its prefix.
    fn add_exposed_of(
        &mut self,
        draft: &Draft<'_>,
        ty: &Ty,
        view: &ViewModel,
        detail: Option<bool>,
        template: &str,
    ) {
        let cx = self.judge.cx;
        let prefix = self.class_prefix(ty, view);
        let mut names: FxHashSet<Symbol> = FxHashSet::default();
        for above in cx.mro(ty) {
            let Ty::Class(class) = above else { continue };
            for (name, func) in &cx.project.class(class).methods {
                if !names.insert(*name) {
                    continue;
                }
                let func = FnRef { unit: class.unit, func: *func };
                let worn = self.judge.worn(&Target::Function(func));
                for decorator in &worn.registrations {
                    for form in &view.exposes {
                        let Some(bindings) = handler::bound(cx, form, decorator) else { continue };
                        let wanted = captured(form, &bindings, "DETAIL");
                        if detail.is_some()
                            && wanted.truth().unwrap_or(false) != (detail == Some(true))
                        {
                            continue;
                        }
                        self.exposed.insert(func);
                        let said = captured(form, &bindings, "URL");
                        let own = match said.truth() {
                            Some(false) | None
                                if matches!(said.kind, Kind::Absent | Kind::Const(_)) =>
                            {
                                Url::text(cx.project.name(*name))
                            }
                            _ => Url::of(&said),
                        };
                        let url = match template.split_once("{}") {
                            Some((before, after)) => draft
                                .url
                                .join(&Url::text(before))
                                .join(&own.readable())
                                .join(&Url::text(after)),
                            None => draft.url.join(&prefix).join(&own),
                        };
                        let methods = handler::texts(&captured(form, &bindings, "METHODS"));
                        let methods = methods.unwrap_or_else(|| view.exposed_methods.clone());
                        let methods: Vec<String> =
                            methods.iter().map(|m| m.to_ascii_uppercase()).collect();
                        let options = self.keywords(decorator);
                        let by = Method::Project(func);
                        self.add_method_at(draft, ty, &methods, Some(*name), by, url, &options);
                    }
                }
            }
        }
    }

    fn keywords(&self, decorator: &Val) -> Vec<(Symbol, Val)> {
        let Some(origin) = self.judge.cx.call_origin(decorator) else { return Vec::new() };
        match self.judge.cx.project.term(origin.term) {
            crate::facts::Term::Call { args, .. } => {
                self.judge.cx.actuals(args, &origin.frame).keywords
            }
            _ => Vec::new(),
        }
    }

    fn class_prefix(&self, ty: &Ty, view: &ViewModel) -> Url {
        let cx = self.judge.cx;
        for (attribute, template) in &view.prefix {
            let value = match (cx.project.name(*attribute), ty) {
                ("__name__", Ty::Class(class)) => {
                    Val::text(&cx.project.name(cx.project.class(*class).name).to_lowercase())
                }
                _ => handler::class_attribute(cx, ty, *attribute),
            };
            if matches!(value.kind, Kind::Absent) || value.truth() == Some(false) {
                continue;
            }
            let (before, after) = template.split_once("{}").unwrap_or((template, ""));
            return Url::text(before).join(&Url::of(&value)).join(&Url::text(after));
        }
        Url::default()
    }

    /// Adds exposed methods of classes that no registration mentions.
    pub fn add_exposed(&mut self) {
        let cx = self.judge.cx;
        for (unit, u) in cx.project.units.iter_enumerated().filter(|(_, u)| u.production) {
            for class in u.facts.classes.ids() {
                cx.refuel();
                let ty = Ty::Class(ClassRef { unit, class });
                let Some(view) = handler::views(cx, &ty).find(|view| !view.exposes.is_empty())
                else {
                    continue;
                };
                // Methods of classes whose subclasses are registered are known by those.
                let own = cx.project.class(ClassRef { unit, class }).methods.iter();
                let open = own.filter(|(_, func)| {
                    let func = FnRef { unit, func: *func };
                    !self.exposed.contains(&func)
                        && self.judge.worn(&Target::Function(func)).registrations.iter().any(|d| {
                            view.exposes.iter().any(|f| handler::bound(cx, f, d).is_some())
                        })
                });
                if open.count() == 0 {
                    continue;
                }
                let handler = Handler {
                    target: Target::Class(ty.clone()),
                    wrappers: Vec::new(),
                    options: crate::link::Actuals::default(),
                    decorated: false,
                };
                let loc =
                    cx.project.loc(unit, cx.project.class(ClassRef { unit, class }).name_span);
                let framework = self.framework_of(&ty);
                let url = if view.prefix.is_empty() { Url::hole() } else { Url::default() };
                let draft = Draft {
                    framework: &framework,
                    url,
                    methods: Vec::new(),
                    said: false,
                    name: None,
                    handler: &handler,
                    loc,
                    chain: &[],
                    complete: false,
                    options: Vec::new(),
                    expand: &[],
                };
                self.add_exposed_of(&draft, &ty, view, None, "");
            }
        }
    }

    /// The framework whose registrations take such a class.
    fn framework_of(&self, ty: &Ty) -> String {
        let cx = self.judge.cx;
        let models = &cx.project.rules.library.routing.urls;
        let below = |ty: &Ty| match ty {
            Ty::Lib(path) => path.first().map(|head| cx.project.name(*head).to_owned()),
            Ty::Class(_) => None,
        };
        let heads: Vec<String> = cx.mro(ty).iter().filter_map(below).collect();
        let in_use = models.iter().find(|m| cx.project.stacks.contains(&m.framework));
        in_use.map_or_else(|| heads.first().cloned().unwrap_or_default(), |m| m.framework.clone())
    }
}
